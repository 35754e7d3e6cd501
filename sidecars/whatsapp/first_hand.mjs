/**
 * A message is the parent's before WhatsApp hears that it arrived.
 *
 * The library decrypts, writes the ratchet, sends the receipt, and last of all tells of the
 * message: dying in between loses it, for WhatsApp never brings it again. Here the parent is told
 * within the transaction of the decryption. Dying before the ratchet is written, the message comes
 * again and is decrypted again under the same id; dying after it, the parent has it.
 */
import { cleanMessage, decodeMessageNode, proto, unpadRandomMax16 } from 'baileys'

export class FirstHand {
  /**
   * @param {(node: object, message: object) => Promise<void>} tell
   * @param {import('./turn.mjs').Turn} turn taken by sends, too: the library reads a ratchet in one
   *   transaction while it is being changed in another, and the later write would undo the earlier
   */
  constructor(tell, turn) {
    this._tell = tell
    this._turn = turn
    this._nodes = new WeakMap() // ciphertext → the stanza it came in
  }

  /** Must hear of a stanza before the library does. */
  watch(ws) {
    ws.prependListener('CB:message', (node) => {
      if (!Array.isArray(node.content)) return
      for (const { content } of node.content) {
        if (content instanceof Uint8Array) this._nodes.set(content, node)
      }
    })
  }

  /** The library's factory of repositories, with our word put in. */
  around(make, creds) {
    return ({ keys, ...auth }, ...more) => {
      const repository = make({ keys, ...auth }, ...more)
      const decrypt = repository.decryptMessage.bind(repository)
      // The key is that of the library's own transaction, which becomes a part of this one.
      const decryptAndTell = async (order) => {
        const plain = await decrypt(order)
        const node = this._nodes.get(order.ciphertext)
        if (node) await this._tell(node, messageOf(node, plain, creds.me))
        return plain
      }
      repository.decryptMessage = (order) =>
        this._turn.take(() => keys.transaction(() => decryptAndTell(order), order.jid))
      return repository
    }
  }
}

function messageOf(node, plain, me) {
  const { fullMessage } = decodeMessageNode(node, me.id, me.lid ?? '')
  const whole = proto.Message.decode(unpadRandomMax16(plain))
  fullMessage.message = whole.deviceSentMessage?.message ?? whole
  cleanMessage(fullMessage, me.id, me.lid ?? '')
  return fullMessage
}
