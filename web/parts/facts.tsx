import type { ReactNode } from 'react'

/** Names and values, as a list; what has no value is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.filter(([, value]) => value !== undefined && value !== null && value !== '').map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A few figures side by side. */
export function Figures({ figures }: { figures: readonly { readonly name: string, readonly value: ReactNode, readonly note?: ReactNode }[] }) {
  return (
    <dl className="figures">
      {figures.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}{note !== undefined && <small>{note}</small>}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A titled box. */
export function Panel({ title, aside, children, id }: { title?: ReactNode, aside?: ReactNode, children: ReactNode, id?: string }) {
  return (
    <section className="panel" aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && <header className="panel-head"><h2 id={id}>{title}</h2>{aside}</header>}
      {children}
    </section>
  )
}
