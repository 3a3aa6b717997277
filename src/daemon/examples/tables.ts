import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fail } from '../../errors/index.ts'
import type { ExampleFile, ExampleSource } from './source.ts'

/** The example `tables`: real tables that come with the npm package vega-datasets, those of them that are free for anyone to use. */

const US_WORK = 'Public domain (U.S. government work)'

interface Table { readonly path: string, readonly what: string, readonly licence: string }

/** Licences as checked by hand against what the package says of each file. */
const TABLES: readonly Table[] = [
  { path: 'airports.csv', what: 'Airports of the United States with code, city and place', licence: US_WORK },
  { path: 'birdstrikes.csv', what: 'Ten thousand collisions of aircraft with birds and other animals', licence: US_WORK },
  { path: 'co2-concentration.csv', what: 'Carbon dioxide in the air over Mauna Loa, month by month since 1958', licence: 'CC BY 4.0' },
  { path: 'earthquakes.json', what: 'All earthquakes measured in one week of 2018, as GeoJSON', licence: US_WORK },
  { path: 'gapminder-health-income.csv', what: 'Income, life expectancy and population of 187 countries', licence: 'CC BY 4.0' },
  { path: 'global-temp.csv', what: 'Deviation of the global temperature, year by year since 1880', licence: US_WORK },
  { path: 'iowa-electricity.csv', what: 'Electricity made in Iowa by source, 2001 to 2017', licence: US_WORK },
  { path: 'penguins.json', what: 'Bills, flippers and weights of 344 penguins of three species', licence: 'CC0 1.0' },
  { path: 'political-contributions.json', what: 'Money given to candidates in U.S. elections', licence: 'CC0 1.0' },
  { path: 'seattle-weather.csv', what: 'Rain, temperature and wind in Seattle, day by day from 2012 to 2015', licence: US_WORK },
  { path: 'unemployment.tsv', what: 'Unemployment in the counties of the United States in 2009', licence: US_WORK },
  { path: 'us-employment.csv', what: 'Jobs in the United States by industry, month by month from 2006 to 2015', licence: US_WORK },
  { path: 'us-state-capitals.json', what: 'Capitals of the states of the United States with their places', licence: US_WORK },
  { path: 'wheat.json', what: 'Price of wheat against wages in England, 1565 to 1821, as William Playfair drew it', licence: 'Public domain' }
]

export const tables: ExampleSource = {
  fields: {
    namespace: 'examples',
    name: 'tables',
    displayName: 'Weather, penguins and other tables',
    description: 'Fourteen small real tables in CSV, TSV and JSON, from one week of earthquakes to a century of temperatures. README.md names the source and licence of each.',
    type: 'tabular',
    task: 'others',
    format: 'csv',
    status: 'ready',
    scenario: 'Trying out Shoal',
    license: 'CC-BY-4.0 AND CC0-1.0',
    tags: ['csv', 'json', 'real'],
    example: true
  },
  versions: [{ number: '1.0.0', description: 'The tables of vega-datasets that are free for anyone to use.', message: 'tables of vega-datasets', files: tablesWithCard }]
}

/** The state of a chart in an address helps nobody who reads the card. Characters. */
const MAX_ADDRESS = 200

interface Described { readonly path: string, readonly sources?: readonly { readonly title?: string, readonly path?: string }[] }

async function* tablesWithCard(): AsyncGenerator<ExampleFile> {
  const folder = packageFolder()
  const described = JSON.parse(await readFile(join(folder, 'datapackage.json'), 'utf8')) as { readonly version: string, readonly resources: readonly Described[] }
  for (const { path } of TABLES) yield { path, bytes: await readFile(join(folder, 'data', path)) }
  yield { path: 'README.md', bytes: Buffer.from(cardOf(described.version, described.resources)) }
}

function packageFolder(): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve('vega-datasets')))
  } catch (error) {
    return fail('SOURCE_NOT_FOUND', 'the package vega-datasets, which holds the example tables, is not installed', {}, error)
  }
}

function cardOf(version: string, resources: readonly Described[]): string {
  const rows = TABLES.map(({ path, what, licence }) => {
    const { sources = [] } = resources.find(resource => resource.path === path) ?? {}
    return `| \`${path}\` | ${what} | ${sources.map(linked).join(', ')} | ${licence} |`
  })
  return `# Weather, penguins and other tables

Small real tables to try things on, as the npm package vega-datasets ${version} ships them: unchanged, and only those that are free for anyone to use.

| file | what it is | source | licence |
| --- | --- | --- | --- |
${rows.join('\n')}

What is under CC BY 4.0 may be used and shared for any purpose, naming its source.
`
}

const linked = ({ title, path }: { readonly title?: string, readonly path?: string }): string => {
  const label = cell(title ?? path ?? '')
  return path === undefined ? label : `[${label}](${cell(path.length > MAX_ADDRESS ? path.replace(/#.*/, '') : path)})`
}

/** A bar would end the cell; in an address it is percent-encoded all the same. */
const cell = (text: string): string => text.replaceAll('|', '%7C')
