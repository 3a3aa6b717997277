import { Component, type ReactNode } from 'react'
import { Failure } from './states.tsx'

/** Keeps a fault in one place of the page from taking the rest of it along. Give it a key: another one begins anew. */
export class Boundary extends Component<{ readonly children: ReactNode }, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {}

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    return 'error' in this.state ? <Failure error={this.state.error} retry={() => window.location.reload()} /> : this.props.children
  }
}
