// Runs before the first paint, so that a chosen theme never flashes the other one. See parts/theme.tsx.
try {
  const chosen = localStorage.getItem('shoal-theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is switched off: the system's theme it is.
}
