/** Example datasets that come with a node. */
export { createExamples, exampleSources, type ExamplesDeps } from './create.ts'
export type { ExampleFile, ExampleSource, ExampleVersion } from './source.ts'
