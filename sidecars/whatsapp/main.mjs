/**
 * The WhatsApp bridge: many sessions in one process, NDJSON over stdin and stdout. It decides
 * nothing and keeps nothing: killed and started again, every session comes back from the parent.
 */
import { writeOut } from './quiet.mjs'
import './verified.mjs'
import { createRequire } from 'node:module'
import { commandsOver } from './commands.mjs'
import { Pipe } from './pipe.mjs'

const pipe = new Pipe(process.stdin, writeOut)
process.stdout.on('drain', () => pipe.drained())
process.stdout.on('error', () => process.exit(0)) // nobody reads any more

// An error in one session must not end the others.
const fault = (error) => {
  const message = `${error?.name ?? 'Error'}: ${String(error?.message ?? error).slice(0, 300)}`
  pipe.tell('fault', null, { message })
}
process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)

// The parent is gone, or wants us gone: sockets close with the process, devices stay linked.
pipe.serve(commandsOver(pipe), () => process.exit(0))

const library = createRequire(import.meta.url)('baileys/package.json')
pipe.tell('ready', null, { node: process.version, baileys: library.version })
