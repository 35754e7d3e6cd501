import { readFile } from 'node:fs/promises'

const FOLDER = new URL('../pages/', import.meta.url)
const POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'self'"
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' }
const FILES = new Set(['style.css', 'dom.js', 'index.js', 'salon.js', 'person.js', 'scan.js'])
const PAGES = [
  [/^\/$/, 'index.html'],
  [/^\/salon\/\d+$/, 'salon.html'],
  [/^\/person\/\d+$/, 'person.html'],
  [/^\/settings\/linked_devices$/, 'scan.html'],
]

/** The pages, and what they are made of. */
export async function servePage(request, response, { pathname }) {
  const file = pathname.startsWith('/_twin/page/') ? pathname.slice('/_twin/page/'.length) : null
  const name = file ? FILES.has(file) && file : PAGES.find(([path]) => path.test(pathname))?.[1]
  if (!name || request.method !== 'GET') {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('нет такой страницы')
    return
  }
  const body = await readFile(new URL(name, FOLDER))
  response.writeHead(200, {
    'Content-Type': `${TYPES[name.split('.').pop()]}; charset=utf-8`,
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-cache',
  })
  response.end(body)
}
