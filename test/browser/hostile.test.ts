import { expect, it } from 'vitest'
import { stage } from './stage.ts'

/** Data that means harm: it is shown, and does nothing. */

const on = stage('--no-examples')

const SCRIPT = '<img src=x onerror="window.taken = true"><script>window.taken = true</script>'
const files: Readonly<Record<string, string>> = {
  '<img src=x onerror=alert(1)>.html': `<!doctype html><body>${SCRIPT}`,
  'evil.svg': `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80" onload="window.taken = true"><script>window.taken = true; fetch('http://example.com/')</script><rect width="120" height="80" fill="tomato"/></svg>`,
  'README.md': `# Card ${SCRIPT}\n\n[link](javascript:alert(1)) [other](data:text/html,x) ![far](http://example.com/a.png) ![near](evil.svg)\n\n${SCRIPT}\n\n<iframe src="http://example.com"></iframe>\n`,
  'photo\u202Egpj.exe': 'MZ\0\0',
  '100%25 #1?.txt': 'odd name\n',
  'broken.png': 'not a picture',
  'rows.csv': `name,value\n"${SCRIPT.replaceAll('"', '""')}",=cmd|'/c calc'!A1\n`,
  'deep.json': '['.repeat(50_000),
  '__proto__/constructor.json': '[{"__proto__": {"polluted": true}, "constructor": 1}]'
}

it('L2: is shown and does nothing', async () => {
  await on.client.datasets.create({ namespace: 'team', name: 'hostile', displayName: SCRIPT, description: `"><script>window.taken = true</script> \u202Etxet desrever`, tags: ['<b>bold</b>'] })
  for (const [path, text] of Object.entries(files)) await on.write('team/hostile', path, text)
  const { page, visitor } = on
  await visitor.go('/?q=hostile')
  await page.getByText('window.taken').first().waitFor()
  await page.getByRole('link', { name: 'team/hostile' }).click()
  await page.getByRole('region', { name: 'Data card' }).getByText('<iframe').waitFor()
  expect(await page.locator('[href^="javascript" i], [href^="data" i], iframe, .card script').count()).toBe(0)
  await visitor.picture('hostile')
  await visitor.go('/datasets/team/hostile/versions/current?tab=preview')
  await page.getByText('photo⟨U+202E⟩gpj.exe').waitFor()
  for (const path of Object.keys(files)) {
    await visitor.go(`/datasets/team/hostile/versions/current?tab=preview&file=${encodeURIComponent(path)}`)
    await page.locator('.viewer-head').waitFor()
    await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  }
  await visitor.go(`/datasets/team/hostile/versions/current?tab=preview&file=${encodeURIComponent('100%25 #1?.txt')}`)
  await page.getByText('odd name').waitFor()
  await page.getByRole('link', { name: 'All previews' }).click()
  await page.getByRole('link', { name: /100%25 #1\?\.txt/ }).click()
  await page.getByText('odd name').waitFor()
  await page.reload()
  await page.getByText('odd name').waitFor()
  expect(await page.evaluate('[window.taken, ({}).polluted]')).toEqual([undefined, undefined])
})

it('L2: does nothing either when its files are opened themselves', async () => {
  const { page, visitor } = on
  const address = (path: string): string => `/api/v1/datasets/team/hostile/versions/current/files/${path.split('/').map(encodeURIComponent).join('/')}`
  await visitor.go(address('<img src=x onerror=alert(1)>.html'))
  expect(await page.evaluate('[document.contentType, window.taken, document.images.length]')).toEqual(['text/plain', undefined, 0])
  const [download] = await Promise.all([page.waitForEvent('download'), page.goto(on.node.url + address('evil.svg')).catch(() => undefined)])
  expect(download.suggestedFilename()).toBe('evil.svg')
  // The browser's own view of plain text has a style of its own, which the file's policy refuses like any other.
  visitor.forgive(/Applying inline style/)
})
