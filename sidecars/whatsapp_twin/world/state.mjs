import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { Device } from './device.mjs'

const OURS_ALONE = 0o600

/** What the fake knew when it was stopped, so that linked devices stay linked; null: nothing is kept. */
export function restore(path) {
  if (!path || !existsSync(path)) return null
  return deserialize(readFileSync(path))
}

/**
 * To be done as soon as the fake runs: after a crash there is no state, and devices hear that they were
 * unlinked, which is better than ratchets of yesterday.
 */
export function takeAway(path) {
  if (path) rmSync(path, { force: true })
}

/** Write it down; messages that still wait are encrypted for it. */
export async function save(path, certificates, world) {
  const state = { certificates: certificates.keys, people: [], chats: [] }
  for (const person of world.people.values()) state.people.push(await dumpPerson(person))
  for (const { salon, person, mode, lines } of world.chats.values()) {
    state.chats.push({ salon: salon.phone, person: person.phone, mode, lines })
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, serialize(state), { mode: OURS_ALONE })
  chmodSync(`${path}.new`, OURS_ALONE)
  renameSync(`${path}.new`, path)
}

/** Everybody as they were, their phones connected to nothing yet. */
export function revive(world, { people, chats }) {
  for (const { phone, name, lid, isSalon, nextDevice, keys, devices } of people) {
    const person = world.person(phone, { name, lid })
    if (keys) person.signal.revive(keys)
    for (const facts of devices) person.devices.set(facts.id, reviveDevice(person, facts))
    Object.assign(person, { isSalon, nextDevice, known: true })
  }
  for (const { salon, person, mode, lines } of chats) {
    Object.assign(world.chat(world.person(salon), world.person(person)), { mode, lines })
  }
}

async function dumpPerson(person) {
  const { phone, name, lid, isSalon, nextDevice, keys } = person
  const devices = await Promise.all([...person.devices.values()].map(dumpDevice))
  return { phone, name, lid, isSalon, nextDevice, keys: keys?.dump() ?? null, devices }
}

async function dumpDevice(device) {
  await device.order
  const queue = []
  for (const { id, stanza, build } of device.queue.values())
    queue.push({ id, stanza: stanza ?? (await build()) })
  const {
    id,
    keyIndex,
    noiseKey,
    identity,
    title,
    version,
    linkedAt,
    bundle,
    preKeys,
    historySent,
    receipts,
  } = device
  const facts = { id, keyIndex, noiseKey, identity, title, version }
  return { ...facts, kept: { linkedAt, bundle, preKeys, historySent, receipts }, queue }
}

function reviveDevice(person, { kept, queue, ...facts }) {
  const device = Object.assign(new Device({ person, ...facts }), kept)
  for (const parcel of queue) device.queue.set(parcel.id, parcel)
  return device
}
