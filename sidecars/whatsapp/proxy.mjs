/** A way out through a line's own proxy. The certificate of WhatsApp is checked as ever. */
import http from 'node:http'
import https from 'node:https'
import tls from 'node:tls'
import { Refusal } from './refusal.mjs'

const CONNECT_MS = 15_000

/**
 * @param {string} address http://, https:// (CONNECT); socks:// where its package is installed
 * @param {boolean} secure whether what is reached through it speaks TLS
 */
export async function agentFor(address, secure) {
  if (!address) return undefined
  let url
  try {
    url = new URL(address)
  } catch {
    throw new Refusal('proxy_unsupported', 'the address of the proxy cannot be read')
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return new TunnelAgent(url, secure)
  if (url.protocol.startsWith('socks')) return socks(address)
  throw new Refusal('proxy_unsupported', `no proxies of the kind ${url.protocol}`)
}

async function socks(address) {
  let library
  try {
    library = await import('socks-proxy-agent')
  } catch {
    throw new Refusal('proxy_unsupported', 'the package socks-proxy-agent is not installed')
  }
  return new library.SocksProxyAgent(address)
}

class TunnelAgent extends http.Agent {
  constructor(proxy, secure) {
    super({ keepAlive: false })
    this.protocol = undefined // serves both kinds; else Node compares it with the request's
    this._proxy = proxy
    this._secure = secure
  }

  createConnection(options, done) {
    const { hostname, port, username, password, protocol } = this._proxy
    const target = `${options.host}:${options.port}`
    const headers = { host: target }
    if (username) {
      const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
      headers['proxy-authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
    }
    const secure = protocol === 'https:'
    const request = (secure ? https : http).request({
      host: hostname, port: port || (secure ? 443 : 80), method: 'CONNECT', path: target, headers,
      agent: false, timeout: CONNECT_MS,
    })
    request.once('connect', (answer, socket) => {
      if (answer.statusCode === 200) return done(null, this._secure ? wrapped(socket, options) : socket)
      socket.destroy()
      done(new Error(`the proxy answered ${answer.statusCode}`))
    })
    request.once('timeout', () => request.destroy(new Error('the proxy timed out')))
    request.once('error', (error) => done(new Error(`the proxy failed: ${error.code ?? error.message}`)))
    request.end()
  }
}

function wrapped(socket, options) {
  return tls.connect({ socket, servername: options.servername || options.host, ALPNProtocols: ['http/1.1'] })
}
