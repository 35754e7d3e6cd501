import { node, SERVER } from '../wire/nodes.mjs'
import { inSeconds } from '../world/clock.mjs'

/** The account may not begin conversations with people who never wrote to it. */
export const TIME_LOCKED = 463
const TIMELOCK = 'xwa2_fetch_account_reachout_timelock'
const TIMELOCK_QUERY = '23983697327930364'

/**
 * Whether the server takes this message.
 * @returns {number|null} the code of the refusal
 */
export function refusal(chat) {
  const { salon, person } = chat
  const rule = salon.refusals.find(({ to, times }) => times > 0 && (!to || to === person.phone))
  if (rule) {
    rule.times -= 1
    return rule.code
  }
  return locked(salon) && !chat.opened ? TIME_LOCKED : null
}

/** The lock ends by itself when its time is over. */
export function locked({ lock }) {
  return lock.active && (lock.until === null || lock.until > inSeconds())
}

/** What an account asks about itself (GraphQL over the socket). */
export function mex(person, query) {
  const known = query.attrs.query_id === TIMELOCK_QUERY && person
  return node('result', {}, Buffer.from(JSON.stringify({ data: known ? { [TIMELOCK]: told(person) } : {} })))
}

/** The same, pushed by the server when it begins or ends. */
export function lockNotification(person, id) {
  const data = { xwa2_notify_account_reachout_timelock: told(person) }
  return node('notification', { from: SERVER, type: 'mex', id, t: String(inSeconds()) }, [
    node(
      'update',
      { op_name: 'NotificationUserReachoutTimelockUpdate' },
      Buffer.from(JSON.stringify({ data })),
    ),
  ])
}

const told = (person) => ({
  is_active: locked(person),
  time_enforcement_ends: String(person.lock.until ?? 0),
  enforcement_type: person.lock.kind,
})
