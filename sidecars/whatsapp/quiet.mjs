/**
 * Imported before anything else. libsignal prints whole sessions with their private keys through
 * `console`, and a stray line on stdout would break the protocol: nobody but the pipe may write.
 */
for (const name of Object.keys(console)) {
  if (typeof console[name] === 'function') console[name] = () => {}
}

/** The only way to stdout. */
export const writeOut = process.stdout.write.bind(process.stdout)

process.stdout.write = (_chunk, encoding, done) => {
  const told = typeof encoding === 'function' ? encoding : done
  if (told) process.nextTick(told)
  return true
}
