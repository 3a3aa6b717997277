/** Everything HTTP takes and answers, as schemas; their types are what scripts, the page and the command line build on. */
export * from './contract/field.ts'
export * from './contract/datasets.ts'
export * from './contract/versions.ts'
export * from './contract/bundles.ts'
export * from './contract/conflicts.ts'
export * from './contract/files.ts'
export * from './contract/jobs.ts'
export * from './contract/network.ts'
