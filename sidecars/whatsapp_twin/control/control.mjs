import { Refused } from '../world/switches.mjs'
import { Words } from './words.mjs'
import { Looks } from './looks.mjs'
import { servePage } from './pages.mjs'

const BIGGEST_ORDER = 262_144
const ROOT = '/_twin/'

/** People's hands and eyes: `/_twin/…` in JSON, and pages. */
export class Control {
  constructor(twin) {
    this.twin = twin
    this.words = new Words(twin)
    this.looks = new Looks(twin)
  }

  async serve(request, response) {
    const url = new URL(request.url, 'http://twin')
    try {
      if (url.pathname === `${ROOT}news`) return this.looks.follow(request, response)
      const body = await this.#answer(request, url)
      if (body === undefined) return servePage(request, response, url)
      return send(response, 200, body)
    } catch (error) {
      return send(response, error instanceof Refused ? error.status : 500, {
        error: String(error.message ?? error),
      })
    }
  }

  async #answer(request, url) {
    if (!url.pathname.startsWith(ROOT)) return undefined
    const name = url.pathname.slice(ROOT.length)
    if (request.method === 'GET')
      return this.looks.has(name) ? this.looks[name](Object.fromEntries(url.searchParams)) : undefined
    if (request.method !== 'POST' || !this.words.has(name))
      throw new Refused(`no such control: ${request.method} ${url.pathname}`, 404)
    return (await this.words[name](await readOrder(request))) ?? { ok: true }
  }
}

/** JSON by its type alone, so that no foreign web page can order anything through a visitor's browser. */
async function readOrder(request) {
  let text = ''
  for await (const part of request) {
    text += part
    if (text.length > BIGGEST_ORDER) throw new Refused('too much', 413)
  }
  if (!text) return {}
  if (!String(request.headers['content-type']).startsWith('application/json'))
    throw new Refused('send JSON with Content-Type: application/json')
  try {
    const order = JSON.parse(text)
    if (order && typeof order === 'object' && !Array.isArray(order)) return order
  } catch (error) {
    throw new Refused(`not JSON: ${error.message}`)
  }
  throw new Refused('send a JSON object')
}

function send(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}
