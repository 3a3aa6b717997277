import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'

/**
 * A real browser for tests that comes with `npm install`: no system package, no download. The Chromium of @sparticuz/chromium runs on
 * Linux; elsewhere, or to use another one, SHOAL_CHROMIUM names a binary, and without that an installed Chrome is looked for.
 */

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  // The page must never need an outside host: here there is none.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'
]
/** A browser that has not started by then will not. Milliseconds. */
const START_WITHIN_MS = 30_000

/** Starts a browser with a profile of its own; `close()` ends it and removes the profile. */
export async function startChromium(): Promise<Browser> {
  const common = { headless: true, args: FLAGS, timeout: START_WITHIN_MS }
  const given = process.env['SHOAL_CHROMIUM']
  if (given !== undefined) return await chromium.launch({ ...common, executablePath: given })
  if (platform() !== 'linux' || !['x64', 'arm64'].includes(arch())) return await chromium.launch({ ...common, channel: 'chrome' })
  const folder = await unpacked()
  return await chromium.launch({ ...common, executablePath: join(folder, 'chromium'), env: { ...process.env, ...environment(folder) } })
}

interface Unpacker { executablePath(): Promise<string> }

/** The folder the browser was unpacked into, once for a version of it. Test files that start together may all unpack: the first one's stays. */
async function unpacked(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const { version } = JSON.parse(readFileSync(join(packageOf(entry), 'package.json'), 'utf8')) as { version: string }
  const cache = fileURLToPath(new URL('../../node_modules/.cache/shoal-chromium', import.meta.url))
  const folder = join(cache, version)
  if (existsSync(join(folder, 'chromium'))) return folder
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'unpacking-'))
  const { default: unpacker } = await import('@sparticuz/chromium') as { default: Unpacker }
  const before = { TMPDIR: process.env['TMPDIR'], AWS_EXECUTION_ENV: process.env['AWS_EXECUTION_ENV'] }
  try {
    // It unpacks into the temporary folder, and its libraries (NSS, expat) only where it takes the machine for one that lacks them.
    Object.assign(process.env, { TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' })
    await unpacker.executablePath()
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  writeFileSync(join(draft, 'fonts.conf'), fontsOf(folder))
  try {
    renameSync(draft, folder)
  } catch {
    // Another test file was quicker.
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

function packageOf(entry: string): string {
  let folder = dirname(entry)
  while (!existsSync(join(folder, 'bin'))) folder = dirname(folder)
  return folder
}

/** Its own libraries only where the machine lacks some: they belong to another Linux. Its own fonts always, so that screenshots are alike. */
function environment(folder: string): Record<string, string> {
  const linked = spawnSync('ldd', [join(folder, 'chromium')], { encoding: 'utf8' }).stdout ?? ''
  return {
    FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    ...linked.includes('not found') ? { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') } : {}
  }
}

const fontsOf = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${folder}/font-cache</cachedir>
  <alias binding="strong"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`
