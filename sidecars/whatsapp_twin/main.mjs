/**
 * The fake WhatsApp: `node main.mjs [--port 18104] [--host 127.0.0.1] [--state file]`.
 *
 * Prints one line of JSON when it is ready: `{"ready": true, "port": 18104, "root_key": "<hex>"}`.
 * Ends when its standard input ends, so that it never outlives who started it; then it writes down in the
 * file what the next run goes on with.
 */
import { parseArgs } from 'node:util'

// libsignal prints sessions with their private keys, and standard output belongs to our one line.
for (const word of ['log', 'info', 'warn', 'error', 'debug', 'trace']) console[word] = () => {}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '18104' },
    host: { type: 'string', default: '127.0.0.1' },
    state: { type: 'string' },
  },
})

const { Twin } = await import('./twin.mjs')
const twin = new Twin(values.state)
let port
try {
  port = await twin.listen(Number(values.port), values.host)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ready: false, error: String(error.code ?? error.message) })}\n`)
  process.exit(1)
}
process.stdout.write(`${JSON.stringify({ ready: true, port, root_key: twin.rootKey })}\n`)
const leave = async () => {
  await twin.stop()
  process.exit(0)
}
process.stdin.resume()
process.stdin.once('end', leave)
process.stdin.once('error', leave)
