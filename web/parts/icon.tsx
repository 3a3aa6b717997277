import type { ReactElement } from 'react'

/** The page's pictograms: 20 × 20, drawn with lines. */
const SHAPES = {
  search: <><circle cx="9" cy="9" r="5.5" /><path d="m13.2 13.2 4 4" /></>,
  copy: <><rect x="7" y="7" width="10" height="10" rx="2" /><path d="M13 4.600A2 2 0 0 0 11.300 3.500H5a2 2 0 0 0-2 2v6a2 2 0 0 0 1.200 1.800" /></>,
  check: <path d="m4.500 10.500 3.700 3.700 7.300-8.200" />,
  download: <><path d="M10 3.500v9m0 0 3.500-3.500M10 12.500 6.500 9" /><path d="M3.500 15.500h13" /></>,
  folder: <path d="M2.800 5.800c0-.8.700-1.500 1.500-1.500h3.200l2 2.200h6.200c.8 0 1.500.7 1.500 1.500v6.500c0 .8-.7 1.500-1.500 1.500H4.300c-.8 0-1.500-.7-1.500-1.500Z" />,
  file: <><path d="M5 3.500h6.200L15.500 8v8.500H5Z" /><path d="M11 3.500V8h4.500" /></>,
  link: <><path d="M8.500 11.500a3 3 0 0 0 4.200 0l3-3a3 3 0 0 0-4.200-4.200l-1 1" /><path d="M11.500 8.500a3 3 0 0 0-4.200 0l-3 3a3 3 0 0 0 4.200 4.200l1-1" /></>,
  sun: <><circle cx="10" cy="10" r="3.300" /><path d="M10 2.500v1.700M10 15.800v1.700M2.500 10h1.700M15.800 10h1.700M4.700 4.700l1.200 1.200M14.100 14.100l1.200 1.200M4.700 15.300l1.200-1.200M14.100 5.900l1.200-1.200" /></>,
  moon: <path d="M16.500 11.800A6.800 6.800 0 0 1 8.200 3.500a6.800 6.800 0 1 0 8.300 8.300Z" />,
  screen: <><rect x="2.800" y="4" width="14.400" height="9.500" rx="1.500" /><path d="M7.500 16.500h5" /></>,
  right: <path d="m8 5.500 4.500 4.500L8 14.500" />,
  left: <path d="M12 5.500 7.500 10l4.500 4.500" />,
  down: <path d="m5.500 8 4.500 4.500L14.500 8" />,
  close: <path d="m5 5 10 10M15 5 5 15" />,
  expand: <path d="M12 3.500h4.500V8M8 16.500H3.500V12M16.500 3.500 11.500 8.500M3.500 16.500l5-5" />,
  shrink: <path d="M16.500 8H12V3.500M3.500 12H8v4.500M12 8l4.500-4.500M8 12l-4.500 4.500" />,
  terminal: <><rect x="2.500" y="4" width="15" height="12" rx="2" /><path d="m6 8.500 2.200 2L6 12.500M10.500 12.800h3.500" /></>,
  warning: <><path d="M10 3.200 17.800 16.500H2.200Z" /><path d="M10 8.200v3.800M10 14.200v.1" /></>,
  archive: <><rect x="2.800" y="4" width="14.400" height="3.500" rx="1" /><path d="M4 7.500v7.500c0 .6.400 1 1 1h10c.6 0 1-.4 1-1V7.500M8.200 10.500h3.600" /></>,
  more: <><circle cx="4.500" cy="10" r="0.800" /><circle cx="10" cy="10" r="0.800" /><circle cx="15.500" cy="10" r="0.800" /></>,
  edit: <><path d="m4 16 .8-3.300 8.700-8.700 2.500 2.500-8.700 8.700Z" /><path d="m11.800 5.700 2.500 2.500" /></>,
  tag: <><path d="M3.500 3.500h6l7 7-6 6-7-7Z" /><circle cx="7" cy="7" r="0.800" /></>,
  trash: <><path d="M4 5.500h12M8 5.500v-2h4v2M5.500 5.500l.7 11h7.600l.7-11" /><path d="M8.500 8.500v5M11.500 8.500v5" /></>,
  storage: <><ellipse cx="10" cy="5" rx="6.500" ry="2.300" /><path d="M3.500 5v10c0 1.300 2.900 2.300 6.500 2.300s6.500-1 6.500-2.300V5M3.500 10c0 1.300 2.900 2.300 6.500 2.300s6.500-1 6.500-2.300" /></>,
  upload: <><path d="M10 13V4m0 0L6.500 7.500M10 4l3.500 3.500" /><path d="M3.500 16h13" /></>,
  pause: <path d="M7.500 4.500v11M12.500 4.500v11" />,
  play: <path d="M6.500 4.500v11l9-5.500Z" />,
  retry: <><path d="M15.500 10a5.500 5.500 0 1 1-1.700-4" /><path d="M16 3v3.500h-3.500" /></>,
  undo: <><path d="M4 8h8a4 4 0 0 1 0 8H8" /><path d="M7 4.500 3.500 8 7 11.500" /></>,
  newfolder: <><path d="M2.800 5.800c0-.8.700-1.500 1.500-1.500h3.200l2 2.200h6.200c.8 0 1.500.7 1.500 1.500v6.500c0 .8-.7 1.500-1.500 1.500H4.300c-.8 0-1.500-.7-1.500-1.500Z" /><path d="M10 9v4.500M7.800 11.200h4.500" /></>,
  seal: <><path d="M10 2.800 16 5v4.500c0 3.800-2.500 6.500-6 7.700-3.500-1.200-6-3.900-6-7.700V5Z" /><path d="m7.300 9.800 2 2 3.500-3.800" /></>,
  team: <><circle cx="7.500" cy="7" r="2.700" /><path d="M2.500 16c.3-2.900 2.300-4.500 5-4.500s4.700 1.600 5 4.500" /><path d="M12.800 4.600a2.700 2.700 0 0 1 0 4.900M14.300 11.800c1.900.6 3 2 3.200 4.200" /></>,
  pulse: <path d="M2.500 10.500h3.700l2-5.500 3.500 10.500 2.200-5h3.600" />,
  settings: <><circle cx="10" cy="10" r="2.500" /><path d="M10 2.500v2.300M10 15.200v2.300M2.500 10h2.300M15.200 10h2.300M4.700 4.700l1.600 1.600M13.700 13.700l1.600 1.600M4.700 15.300l1.600-1.600M13.700 6.300l1.600-1.600" /></>,
  diff: <><path d="M6 3.500v8M2 7.500h8" /><path d="M10.500 15.500h7" /></>,
  zoomin: <><circle cx="9" cy="9" r="5.500" /><path d="m13.200 13.200 4 4M6.500 9h5M9 6.500v5" /></>,
  zoomout: <><circle cx="9" cy="9" r="5.500" /><path d="m13.200 13.200 4 4M6.500 9h5" /></>,
  layers: <><path d="m10 3 7 3.700-7 3.700-7-3.700Z" /><path d="m3 10.300 7 3.700 7-3.700M3 13.800l7 3.700 7-3.700" /></>,
  list: <path d="M7 5h10M7 10h10M7 15h10M3.500 5h.1M3.500 10h.1M3.500 15h.1" />,
  plus: <path d="M10 4v12M4 10h12" />,
  branch: <><circle cx="6" cy="4.800" r="1.800" /><circle cx="6" cy="15.200" r="1.800" /><circle cx="14" cy="7" r="1.800" /><path d="M6 6.600v6.800M14 8.800c0 2.700-2.800 3.200-5 3.400-1.800.2-3 .6-3 1.600" /></>,
  book: <path d="M10 5.500c-1.600-1.300-4-1.700-7-1.500v10.800c3-.2 5.400.2 7 1.500 1.600-1.300 4-1.700 7-1.500V4c-3-.2-5.400.2-7 1.500Zm0 0v10.800" />,
  flask: <><path d="M8 3v5L3.800 15.200A1.200 1.200 0 0 0 4.800 17h10.400a1.200 1.200 0 0 0 1-1.800L12 8V3" /><path d="M7 3h6M6.300 11.500h7.400" /></>,
  tabular: <><rect x="3" y="4" width="14" height="12" rx="1.500" /><path d="M3 8h14M3 12h14M8 8v8" /></>,
  image: <><rect x="3" y="4" width="14" height="12" rx="1.500" /><circle cx="7.200" cy="8" r="1.300" /><path d="m3.500 14.500 4-3.700 2.500 2.200 3.300-3.200 3.500 3.400" /></>,
  text: <path d="M4 5h12M4 8.400h12M4 11.700h12M4 15h7" />,
  audio: <path d="M3.500 9v2M6.700 6.500v7M10 3.500v13M13.300 6.500v7M16.500 9v2" />,
  video: <><rect x="3" y="4" width="14" height="12" rx="1.500" /><path d="m8.500 7.500 4 2.500-4 2.500Z" /></>,
  'time-series': <><path d="M3.500 3.500v13h13" /><path d="m5.500 12.500 3-4 2.500 2.500 4.500-5.500" /></>,
  others: <><path d="m10 3 6.300 3.500v7L10 17l-6.300-3.500v-7Z" /><path d="M3.900 6.600 10 10l6.100-3.400M10 10v6.800" /></>
} as const satisfies Record<string, ReactElement>

export type IconName = keyof typeof SHAPES

/** A pictogram; decoration only, so what it says must also be said in words. @property size pixels */
export function Icon({ name, size = 16, className = '' }: { name: IconName, size?: number, className?: string }) {
  return <svg className={`icon ${className}`} viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">{SHAPES[name]}</svg>
}

const isTypeIcon = (type: string): type is IconName => Object.hasOwn(SHAPES, type)

/** The pictogram of a dataset's type. */
export const iconOfType = (type: string): IconName => isTypeIcon(type) ? type : 'others'

/** The pictogram of a file by its media type. */
export function iconOfMedia(mediaType: string): IconName {
  if (mediaType.startsWith('image/')) return 'image'
  if (mediaType.startsWith('audio/')) return 'audio'
  if (mediaType.startsWith('video/')) return 'video'
  if (/csv|tab-separated|parquet|arrow|spreadsheet/.test(mediaType)) return 'tabular'
  if (/^text\/|json|yaml|xml/.test(mediaType)) return 'text'
  return 'file'
}
