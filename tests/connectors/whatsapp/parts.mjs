/** Parts of the bridge by themselves; what became of each is printed as one JSON object. */
import { writeOut } from '../../../sidecars/whatsapp/quiet.mjs'
import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'
import { Acks } from '../../../sidecars/whatsapp/acks.mjs'
import { FirstHand } from '../../../sidecars/whatsapp/first_hand.mjs'
import { Keys } from '../../../sidecars/whatsapp/keys.mjs'
import { Pipe } from '../../../sidecars/whatsapp/pipe.mjs'
import { Turn } from '../../../sidecars/whatsapp/turn.mjs'
import { remembering } from '../../../sidecars/whatsapp/verified.mjs'

const near = createRequire(new URL('../../../sidecars/whatsapp/main.mjs', import.meta.url))
const told = {}
const soon = () => new Promise((resolve) => setImmediate(resolve))

async function pressure() {
  const marks = []
  let room = false
  const pipe = new Pipe(new PassThrough(), () => room)
  pipe.onPressure = (behind) => marks.push(behind)
  pipe.tell('one', 1)
  pipe.tell('two', 1)
  room = true
  pipe.drained()
  pipe.tell('three', 1)
  return marks
}

/** The library makes such texts of a message whose bytes are no UTF-8. */
function halfCharacters() {
  const lines = []
  const pipe = new Pipe(new PassThrough(), (line) => lines.push(line))
  pipe.tell('message', 1, { message: { text: 'a\ud83db 👍' }, raw: Buffer.from('key') })
  return lines.join('')
}

async function keys(fails) {
  const asked = []
  const lost = []
  const pipe = {
    ask: async (what, line, { kind, ids, changes }) => {
      asked.push(kind ? `${what} ${kind} ${ids}` : `${what} ${Object.keys(changes)}`)
      if (fails && what === 'keys.set') throw new Error('disk full')
      return { a: 'old' }
    },
  }
  const store = new Keys(pipe, 1, (reason) => lost.push(reason))
  const write = store.set({ session: { a: 'new' }, 'pre-key': { 1: 'key' } }).catch((error) => error.message)
  const read = store.get('session', ['a']).catch((error) => error.message)
  return { wrote: (await write) ?? null, read: await read, asked, lost }
}

/** The library's own verifier, counted, through the very object that we put the memory into. */
async function signatures() {
  const { curve } = near('libsignal')
  const pair = curve.generateKeyPair()
  const message = Buffer.from('a chain of certificates')
  const signature = curve.calculateSignature(pair.privKey, message)
  const forged = Buffer.from(signature)
  forged[5] ^= 1
  let computed = 0
  const verify = remembering((...parts) => { computed += 1; return parts[2] === signature })
  const key = pair.pubKey
  const answers = [signature, signature, forged, forged].map((one) => verify(key, message, one))
  const moved = verify(Buffer.concat([key, message.subarray(0, 1)]), message.subarray(1), signature)
  const real = [signature, signature, forged].map((one) => curve.verifySignature(key, message, one))
  return { answers, computed, moved, real }
}

async function turns() {
  const done = []
  const turn = new Turn()
  const first = turn.take(async () => { await soon(); await soon(); done.push(1) })
  const second = turn.take(async () => { done.push(2); throw new Error('no') }).catch(() => {})
  const third = turn.take(async () => done.push(3))
  await Promise.all([first, second, third])
  return done
}

/** A repository whose transaction notes when it commits. */
async function firstHand(fails) {
  const steps = []
  const transaction = async (work) => {
    const result = await work()
    steps.push('ratchet written')
    return result
  }
  const make = () => ({ decryptMessage: async () => { steps.push('decrypted'); return Buffer.from([10, 2, 104, 105, 1]) } })
  const hand = new FirstHand(async (node, message) => {
    steps.push(`told ${message.key.id} ${message.message.conversation}`)
    if (fails) throw new Error('no database')
  }, new Turn())
  const listeners = []
  hand.watch({ prependListener: (_name, listener) => listeners.push(listener) })
  const ciphertext = new Uint8Array([1])
  const stanza = { tag: 'message', attrs: { id: 'M1', from: '7@lid', t: '1' }, content: [{ tag: 'enc', attrs: {}, content: ciphertext }] }
  listeners[0](stanza)
  const me = { id: '9:1@s.whatsapp.net', lid: '8:1@lid' }
  const repository = hand.around(make, { me })({ keys: { transaction } })
  await repository.decryptMessage({ jid: '7@lid', type: 'msg', ciphertext }).catch(() => steps.push('refused'))
  return steps
}

async function acks() {
  const statuses = []
  const desk = new Acks((status) => statuses.push(status.status))
  const listeners = []
  desk.watch({ prependListener: (_name, listener) => listeners.push(listener) })
  const confirmed = desk.of('A', 10_000).then(() => 'confirmed')
  listeners[0]({ attrs: { id: 'A', from: '7@lid' } })
  desk.refused('B', '7@lid', 463)
  listeners[0]({ attrs: { id: 'B', from: '7@lid', error: '463' } })
  const late = desk.of('C', 1).catch((error) => error.code)
  const cut = desk.of('D', 10_000).catch((error) => error.code)
  const answers = [await confirmed, await late]
  desk.closed()
  return { statuses, answers: [...answers, await cut] }
}

console.log('Closing session: private key')
console.info('more')
process.stdout.write('garbage\n')
told.stdout = await new Promise((resolve) => process.stdout.write('x', 'utf8', () => resolve('swallowed')))
told.pressure = await pressure()
told.half = halfCharacters()
told.keys = await keys(false)
told.lost = await keys(true)
told.turns = await turns()
told.signatures = await signatures()
told.first = await firstHand(false)
told.unwritten = await firstHand(true)
told.acks = await acks()
writeOut(JSON.stringify(told))
