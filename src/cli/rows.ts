/** All rows of a streamed list, for a table or one JSON value. */
export async function rowsOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const rows: T[] = []
  for await (const value of values) rows.push(value)
  return rows
}
