import { ShoalError, isShoalError, toShoalError } from '../../errors/index.ts'
import { systemCode } from '../import/disk.ts'

/** What went wrong with a path of the target, for people. */
export function unwritable(error: unknown, path: string): ShoalError {
  if (isShoalError(error)) return error
  const failure = toShoalError(error)
  if (failure.code !== 'INTERNAL') return failure
  return new ShoalError('TARGET_UNWRITABLE', `${path} can not be written (${systemCode(error) ?? failure.message})`, { path }, { cause: error })
}

/** Does something with a path of the target. @throws TARGET_UNWRITABLE, DISK_FULL */
export function writing<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unwritable(error, path)
  }
}
