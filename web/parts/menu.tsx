import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Icon, type IconName } from './icon.tsx'

/** A menu behind a button: arrow keys, first letters, Escape. */

export interface MenuItem {
  readonly text: string
  readonly icon?: IconName
  readonly run?: () => void
  readonly href?: string
  readonly tone?: 'danger'
  readonly disabled?: boolean
}

/** @property items `undefined` draws a line @property button what stands in the button; three dots by default */
export function Menu({ label, items, button, className = 'button is-quiet is-small is-square', tabIndex }: { label: string, items: readonly (MenuItem | undefined)[], button?: ReactNode, className?: string, tabIndex?: number }) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger className={className} aria-label={label} title={button === undefined ? label : undefined} tabIndex={tabIndex} onClick={event => event.stopPropagation()}>{button ?? <Icon name="more" />}</Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="menu-place" sideOffset={4} align="end" collisionPadding={8}>
          <Base.Popup className="menu">
            {items.map((item, i) => item === undefined ? <Base.Separator key={i} className="menu-line" /> : <Item key={item.text} item={item} />)}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

function Item({ item: { text, icon, run, href, tone, disabled = false } }: { item: MenuItem }) {
  const inner = <>{icon !== undefined && <Icon name={icon} />}<span>{text}</span></>
  const className = `menu-item${tone === 'danger' ? ' is-danger' : ''}`
  return href === undefined
    ? <Base.Item className={className} disabled={disabled} onClick={() => run?.()}>{inner}</Base.Item>
    : <Base.Item className={className} disabled={disabled} render={<Link href={href} />}>{inner}</Base.Item>
}
