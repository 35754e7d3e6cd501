import { bare, child, children, jidDecode, node } from '../wire/nodes.mjs'

/** Who has WhatsApp, under which LID, with which devices. */
export function usync(world, query) {
  const users = children(child(query, 'list'), 'user')
    .map((asked) => oneUser(world, asked))
    .filter(Boolean)
  const { sid, mode, context } = query.attrs
  return node('usync', { sid, mode, context }, [node('list', {}, users)])
}

function oneUser(world, asked) {
  const contact = child(asked, 'contact')
  return contact?.content ? byPhone(world, contact.content.toString()) : byJid(world, asked.attrs.jid)
}

/** A phone that nobody has WhatsApp on is told as `out`. */
function byPhone(world, text) {
  const phone = text.replace(/\D/g, '')
  const jid = `${phone}@s.whatsapp.net`
  const person = world.reached(jid)
  return node(
    'user',
    { jid },
    person
      ? [node('contact', { type: 'in' }), ...facts(person, 's.whatsapp.net')]
      : [node('contact', { type: 'out' })],
  )
}

function byJid(world, jid) {
  const person = world.reached(jid)
  return person ? node('user', { jid: bare(jid) }, facts(person, jidDecode(jid).server)) : null
}

function facts(person, server) {
  const devices = [
    node('device', { id: '0' }),
    ...[...person.devices.values()].map(({ id, keyIndex }) =>
      node('device', { id: String(id), 'key-index': String(keyIndex) }),
    ),
  ]
  return [
    ...(server === 'lid' ? [] : [node('lid', { val: person.lidJid })]),
    node('devices', {}, [node('device-list', {}, devices)]),
  ]
}
