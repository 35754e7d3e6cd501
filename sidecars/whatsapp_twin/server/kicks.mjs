import { Refused } from '../world/switches.mjs'
import { SERVER, node } from '../wire/nodes.mjs'

const error =
  (code, ...content) =>
  () =>
    node('stream:error', code ? { code: String(code) } : {}, content)
const failure = (code) => () => node('failure', { reason: String(code), location: 'twin' })

/** How a session ends, by the word for it: what the server says last. */
const WORDS = {
  restart: error(515),
  drop: () => null,
  end: () => node('xmlstreamend'),
  unavailable: error(503),
  bad_session: error(500),
  replaced: error(null, node('conflict', { type: 'replaced' })),
  device_removed: error(401, node('conflict', { type: 'device_removed' })),
  forbidden: failure(403),
  paid: failure(402),
  not_acceptable: failure(406),
  outdated: failure(405),
  multidevice: () => node('ib', { from: SERVER }, [node('downgrade_webclient')]),
}
const CODES = {
  515: 'restart',
  428: 'drop',
  503: 'unavailable',
  500: 'bad_session',
  440: 'replaced',
  401: 'device_removed',
  403: 'forbidden',
  402: 'paid',
  406: 'not_acceptable',
  405: 'outdated',
  411: 'multidevice',
}
const STAYS = { forbidden: 403, paid: 402, not_acceptable: 406, outdated: 405 }

/**
 * Throw the devices of a phone out.
 * @param how a word or a code of the table above; "silence": the socket stays open, nothing is answered
 * @param stay further logins are refused alike, until `shut` is taken away
 */
export function kick(world, person, { how = 'drop', device: only, stay = false }) {
  const word = CODES[how] ?? how
  if (word !== 'silence' && !(word in WORDS))
    throw new Refused(`how is one of ${[...Object.keys(WORDS), 'silence'].join(', ')}, or a code`)
  if (stay && !(word in STAYS)) throw new Refused(`only ${Object.keys(STAYS).join(', ')} can stay`)
  if (stay) person.shut = STAYS[word]
  const devices = [...person.devices.values()].filter(({ id }) => !only || id === Number(only))
  if (word === 'device_removed') for (const { id } of devices) person.devices.delete(id)
  const there = devices.filter(({ connection }) => connection)
  for (const { connection } of there) {
    if (word === 'silence') connection.goDeaf()
    else connection.end(WORDS[word]())
  }
  world.journal.note('kicked', { phone: person.phone, how: word, devices: there.length })
  return { kicked: there.length }
}
