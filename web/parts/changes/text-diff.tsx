import { structuredPatch } from 'diff'
import { counted } from '../figures.ts'

/** Lines of a text before and after, with some around each change. */

const AROUND = 4
/** Lines that must be looked at before giving up on the shortest way between the two. */
const MAX_EDITS = 6000

export function TextDiff({ before, after }: { before: string, after: string }) {
  const patch = structuredPatch('', '', before, after, '', '', { context: AROUND, maxEditLength: MAX_EDITS })
  if (patch === undefined) return <p className="pad muted">Nearly everything is different; there is no use in comparing line by line.</p>
  const lines = patch.hunks.flatMap(hunk => hunk.lines)
  const [added, removed] = ['+', '-'].map(sign => lines.filter(line => line.startsWith(sign)).length)
  return (
    <>
      <p className="diff-sum muted"><span className="is-added">+{counted(added ?? 0, 'line')}</span> <span className="is-removed">−{counted(removed ?? 0, 'line')}</span></p>
      <div className="diff-text" tabIndex={0} role="region" aria-label="Lines that differ">
        <table>
          <tbody>
            {patch.hunks.map((hunk, i) => <Hunk key={i} oldStart={hunk.oldStart} newStart={hunk.newStart} lines={hunk.lines} isFirst={i === 0} />)}
          </tbody>
        </table>
      </div>
    </>
  )
}

function Hunk({ oldStart, newStart, lines, isFirst }: { oldStart: number, newStart: number, lines: readonly string[], isFirst: boolean }) {
  let [old, now] = [oldStart, newStart]
  const rows = lines.filter(line => !line.startsWith('\\')).map(line => {
    const sign = line.charAt(0)
    return { sign, text: line.slice(1), old: sign === '+' ? undefined : old++, now: sign === '-' ? undefined : now++ }
  })
  return (
    <>
      {!isFirst && <tr className="diff-gap"><td colSpan={4}>⋯</td></tr>}
      {rows.map((row, i) => (
        <tr key={i} className={row.sign === '+' ? 'is-added' : row.sign === '-' ? 'is-removed' : ''}>
          <td className="diff-number">{row.old}</td><td className="diff-number">{row.now}</td><td className="diff-sign">{row.sign === '-' ? '−' : row.sign.trim()}</td><td className="diff-line">{row.text}</td>
        </tr>
      ))}
    </>
  )
}
