import type { Clock } from './clock.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

type Fields = Readonly<Record<string, unknown>>

/** Lines for people who look after a node; never the only record of something a user must know. */
export interface Log {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
  /** The same log, each line marked with a room. */
  child(room: string): Log
}

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** A log of one line a message: time, level, room, message, fields as JSON. */
export function createLog(options: { level: LogLevel, clock: Clock, write: (line: string) => void, room?: string }): Log {
  const line = (level: LogLevel) => (message: string, fields?: Fields): void => {
    if (ORDER[level] < ORDER[options.level]) return
    const time = new Date(options.clock.now()).toISOString()
    const room = options.room === undefined ? '' : ` [${options.room}]`
    options.write(`${time} ${level}${room} ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields, plain)}`}\n`)
  }
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: room => createLog({ ...options, room })
  }
}

const plain = (_key: string, value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : typeof value === 'bigint' ? Number(value) : value

const nothing = (): void => undefined

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silentLog }
