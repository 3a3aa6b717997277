// Loaded into a node under test: at SIGUSR2 it collects its garbage and says on stderr how many bytes it holds, those of the heap that are free not counted.
const { setFlagsFromString } = require('node:v8')
const { runInNewContext } = require('node:vm')
const { isMainThread } = require('node:worker_threads')

if (isMainThread) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  process.on('SIGUSR2', () => {
    collect()
    // Whatever waited for its finalizer goes with the second one.
    setTimeout(() => {
      collect()
      const { rss, heapTotal, heapUsed } = process.memoryUsage()
      process.stderr.write(`bytes held: ${rss - heapTotal + heapUsed}\n`)
    }, 200)
  })
}
