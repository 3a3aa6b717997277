import { Component, type ReactNode } from 'react'
import { Failure } from './states.tsx'

interface Props { readonly at: string, readonly children: ReactNode }
interface State { readonly at: string, readonly failure?: { readonly error: unknown } | undefined }

/** Keeps a fault in one place of the page from taking the rest of it along. Another place (`at`) begins anew. */
export class Boundary extends Component<Props, State> {
  override state: State = { at: this.props.at }

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { failure: { error } }
  }

  static getDerivedStateFromProps({ at }: Props, state: State): Partial<State> | null {
    return at === state.at ? null : { at, failure: undefined }
  }

  override render(): ReactNode {
    const { failure } = this.state
    return failure === undefined ? this.props.children : <Failure error={failure.error} heading="h1" retry={() => window.location.reload()} />
  }
}
