/** Calls a function of a module of the bridge for each case on stdin: [[module, name, ...args]]. */
import { BufferJSON } from 'baileys'

const cases = JSON.parse(await new Response(process.stdin).text(), BufferJSON.reviver)
const answers = []
for (const [module, name, ...given] of cases) {
  const room = await import(`${process.env.BRIDGE}/${module}`)
  answers.push(room[name](...given) ?? null)
}
process.stdout.write(JSON.stringify(answers, BufferJSON.replacer))
