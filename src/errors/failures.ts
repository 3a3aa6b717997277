/**
 * The one table of failures. A new failure is a new row here and nothing else: HTTP status, exit status
 * (0 done · 1 failed · 2 wrong usage · 3 not found · 4 refused by a rule · 5 conflict), title and advice all come from it.
 */
interface Failure {
  readonly status: number
  readonly exit: 1 | 2 | 3 | 4 | 5
  readonly title: string
  /** What the reader can do about it; one sentence. */
  readonly advice: string
}

const failure = (status: number, exit: Failure['exit'], title: string, advice: string): Failure => ({ status, exit, title, advice })

export const FAILURES = {
  // What the caller asked for is wrong in form.
  USAGE: failure(400, 2, 'Wrong usage', 'See --help for how the command is used.'),
  FIELD_INVALID: failure(422, 2, 'A field is not valid', 'Correct the named field and try again.'),
  BODY_INVALID: failure(400, 2, 'The request body is not valid', 'Send the body that /openapi.json describes.'),
  REFERENCE_INVALID: failure(400, 2, 'Not a reference', 'Write a dataset as namespace/name and a version as namespace/name@1.0.0.'),
  PATH_INVALID: failure(400, 2, 'Not a valid path', 'Use a relative path with single slashes, without . or .. parts and control characters.'),
  RANGE_INVALID: failure(416, 2, 'The range lies outside the file', 'Ask for a range within the size of the file.'),
  // What the caller named does not exist.
  ROUTE_NOT_FOUND: failure(404, 3, 'No such address', 'See /docs for the addresses there are.'),
  METHOD_NOT_ALLOWED: failure(405, 2, 'This address does not take that method', 'See /docs for the methods there are.'),
  DATASET_NOT_FOUND: failure(404, 3, 'No such dataset', 'List the datasets there are with `shoal dataset list`.'),
  VERSION_NOT_FOUND: failure(404, 3, 'No such version', 'List the versions there are with `shoal version list`.'),
  FILE_NOT_FOUND: failure(404, 3, 'No such file in this version', 'List the files there are with `shoal ls`.'),
  SOURCE_NOT_FOUND: failure(404, 3, 'The source does not exist', 'Check the path of the folder or file.'),
  JOB_NOT_FOUND: failure(404, 3, 'No such job', 'List the jobs there are with GET /api/v1/jobs.'),
  RUN_NOT_FOUND: failure(404, 3, 'No such run', 'List the runs there are with `shoal use list`.'),
  ISSUE_NOT_FOUND: failure(404, 3, 'No such known issue', 'List the known issues of the version with `shoal issue list`.'),
  UPLOAD_NOT_FOUND: failure(404, 3, 'No such upload', 'Begin the upload anew.'),
  MEMBER_NOT_FOUND: failure(404, 3, 'No such member', 'List the members with `shoal members`.'),
  // A rule refuses it.
  VERSION_PUBLISHED: failure(409, 4, 'A published version never changes', 'Make a new version from it with `shoal version create`.'),
  VERSION_IS_DRAFT: failure(409, 4, 'The version is still a draft', 'Publish it first.'),
  VERSION_NOT_READY: failure(409, 4, 'The version is not complete here', 'Wait until its data has arrived, or fetch it with `shoal sync --wait`.'),
  VERSION_HAS_CONFLICTS: failure(409, 5, 'Files of the version were changed apart', 'Decide which content stays with `shoal conflicts`.'),
  VERSION_IN_USE: failure(409, 4, 'The version is in use', 'Finish what uses it, or archive it instead.'),
  VERSION_HAS_CHILDREN: failure(409, 4, 'Other versions come from this one', 'Delete those versions first, or archive this one.'),
  VERSION_NOT_ARCHIVED: failure(409, 4, 'The version is not in the archive', 'Archive it first.'),
  RUN_ENDED: failure(409, 4, 'The run has ended', 'Start a new one.'),
  DATASET_IN_USE: failure(409, 4, 'The dataset is in use', 'Finish what uses it, or archive it instead.'),
  DATASET_NOT_EMPTY: failure(409, 4, 'The dataset still holds versions', 'Say so with --all-versions (and --force for published ones).'),
  FIELD_FIXED: failure(422, 4, 'This field can not be changed', 'Create a new dataset or version instead.'),
  NOT_ALLOWED: failure(403, 4, 'Not allowed', 'Ask an admin of the workspace for the right.'),
  HOST_REFUSED: failure(403, 4, 'This host name is not served', 'Open the node under the address it printed at start.'),
  ORIGIN_REFUSED: failure(403, 4, 'Requests from other sites are refused', 'Open the page of the node itself.'),
  TOKEN_REQUIRED: failure(401, 4, 'A token is needed', 'Send the content of <home>/api-token as a bearer token.'),
  TYPE_REFUSED: failure(409, 4, 'This kind of file is not taken here', 'Give a regular file or folder, of the type the dataset takes.'),
  // Things that clash.
  DATASET_EXISTS: failure(409, 5, 'The dataset exists already', 'Choose another name, or use the dataset there is.'),
  VERSION_EXISTS: failure(409, 5, 'The version exists already', 'Choose another number or name.'),
  PATH_CLASH: failure(409, 5, 'A file and a folder would have the same path', 'Rename or remove one of the two.'),
  PATH_EXISTS: failure(409, 5, 'The path is taken already', 'Choose another path, or overwrite it on purpose.'),
  VERSION_CONFLICT: failure(409, 5, 'Two versions were published under this number', 'Name one by its id, or renumber one.'),
  EDIT_CONFLICT: failure(412, 5, 'Somebody changed this in the meantime', 'Load it again and repeat the change.'),
  CHECKOUT_DIRTY: failure(409, 5, 'The folder holds files that would be lost', 'Move them away, or say --force.'),
  UPLOAD_OFFSET: failure(409, 5, 'The upload goes on elsewhere', 'Ask for its offset and send what is behind that.'),
  UPLOAD_INCOMPLETE: failure(409, 5, 'The upload is not complete', 'Send the parts that are missing first.'),
  UPLOAD_PROTOCOL: failure(412, 2, 'Another version of tus', 'Speak tus 1.0.0.'),
  CHECKSUM_MISMATCH: failure(460, 5, 'The bytes do not have the announced checksum', 'Send the part again.'),
  LINK_UNREACHABLE: failure(502, 1, 'The address behind the link does not answer', 'Check the address, and that this machine can reach it.'),
  LINK_REFUSED: failure(403, 4, 'The address behind the link is not fetched', 'Only http and https addresses outside of this machine are.'),
  CONTENT_MISMATCH: failure(422, 5, 'The content is not what was announced', 'Send the content again, with its right hash and size.'),
  // The machine, the store, the network.
  HOME_IN_USE: failure(503, 1, 'The home is open in another process', 'Wait for it to end, or start a node with `shoal start` and share it.'),
  HOME_INVALID: failure(500, 1, 'The home can not be used', 'Choose another folder with --home, or repair this one.'),
  HOME_TOO_NEW: failure(500, 1, 'The home was written by a newer Shoal', 'Update Shoal on this machine.'),
  HOME_COPIED: failure(409, 4, 'The home is a copy of another, or was restored from a backup', 'Run `shoal start` where it reaches another member, and it goes on by itself; or, if no other copy runs, `shoal start --moved`.'),
  DISK_FULL: failure(507, 1, 'The disk is full', 'Free some space; Shoal goes on by itself.'),
  SOURCE_UNREADABLE: failure(400, 1, 'The source can not be read', 'Check the rights of the file or folder.'),
  TARGET_UNWRITABLE: failure(400, 1, 'The target can not be written', 'Check the rights of the folder.'),
  CHUNK_MISSING: failure(404, 1, 'Data of this version is not on this node', 'Fetch it from a peer with `shoal sync --wait`.'),
  CHUNK_DAMAGED: failure(500, 1, 'Stored data is damaged and was not served', 'Run `shoal verify --repair` to fetch it from a peer.'),
  STORE_DAMAGED: failure(500, 1, 'The store is damaged', 'Run `shoal verify`; do not delete anything before.'),
  FORMAT_INVALID: failure(500, 1, 'Data does not follow the format', 'Report this, with the command that led here.'),
  LIMIT_EXCEEDED: failure(413, 1, 'A limit is exceeded', 'Make the request smaller.'),
  SIGNATURE_INVALID: failure(400, 1, 'A signature is not valid', 'Do not trust this data; ask its sender for it again.'),
  BUNDLE_INVALID: failure(422, 1, 'The bundle can not be imported', 'Export it again on a machine of the same workspace.'),
  INVITE_INVALID: failure(400, 2, 'Not an invite', 'Paste the whole line that `shoal invite` printed.'),
  INVITE_EXPIRED: failure(410, 4, 'The invite has expired', 'Ask for a new one.'),
  INVITE_USED: failure(410, 4, 'The invite was used already', 'Ask for a new one.'),
  INVITE_REVOKED: failure(410, 4, 'The invite was revoked', 'Ask for a new one.'),
  INVITE_NOT_FOUND: failure(404, 3, 'No such invite', 'List the invites this node made with `shoal invite list`.'),
  WORKSPACE_TAKEN: failure(409, 4, 'This home belongs to a workspace already', 'Join with a fresh home: --home <folder>.'),
  PEER_UNREACHABLE: failure(502, 1, 'The peer can not be reached', 'Check that its node runs and that both are on one network.'),
  PEER_MISBEHAVED: failure(502, 1, 'The peer broke the protocol', 'Update Shoal on both machines; if it stays, remove that member.'),
  PEER_INCOMPATIBLE: failure(502, 1, 'The peer runs another version of Shoal', 'Update Shoal on the machine with the older version.'),
  NODE_UNREACHABLE: failure(502, 1, 'The running node does not answer', 'Look at its log, or stop it and try again.'),
  NETWORK_OFF: failure(503, 1, 'This node has no network', 'Start a node with `shoal start`.'),
  PORT_IN_USE: failure(503, 1, 'The port is taken', 'Choose another with --port, or stop what uses it.'),
  TOO_BUSY: failure(503, 1, 'The node has too much to do', 'Try again in a moment.'),
  CANCELLED: failure(499, 1, 'Cancelled', 'Run it again to go on where it stopped.'),
  TIMED_OUT: failure(504, 1, 'It took too long', 'Try again; if it stays, look at the log.'),
  INTERNAL: failure(500, 1, 'Something in Shoal is broken', 'Report this, with the command that led here.')
} as const satisfies Record<string, Failure>

export type FailureCode = keyof typeof FAILURES
