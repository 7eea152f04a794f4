// The pictures on buttons; their words stand on the buttons themselves.

const PATHS = {
  play: 'M8 5.5v13l10.5-6.5z',
  pause: 'M7 5h3.5v14H7zM13.5 5H17v14h-3.5z',
  back: 'M6 5h2.5v14H6zM19 5.5v13L9.5 12z',
  forward: 'M15.5 5H18v14h-2.5zM5 5.5v13l9.5-6.5z',
  undo: 'M12.5 7.5H8.8l2.6-2.6L10 3.5 5 8.5l5 5 1.4-1.4-2.6-2.6h3.7a4.5 4.5 0 0 1 0 9H8v2h4.500a6.500 6.500 0 0 0 0-13z',
  redo: 'M11.500 7.500h3.700l-2.600-2.600L14 3.500l5 5-5 5-1.400-1.400 2.600-2.600h-3.700a4.500 4.500 0 0 0 0 9H16v2h-4.500a6.500 6.500 0 0 1 0-13z',
  volume: 'M4 9v6h4l5 4.500v-15L8 9zm12.500 3A4 4 0 0 0 14.500 8.500v7A4 4 0 0 0 16.500 12z',
  theme: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2v14a7 7 0 0 0 0-14z',
  file: 'M6 3h8l4 4v14H6zm7 1.800V8h3.200z',
  save: 'M11 4h2v8.200l2.800-2.800 1.400 1.400L12 16l-5.200-5.200 1.400-1.400L11 12.200zM5 18h14v2H5z',
  near: 'M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z',
  far: 'M5 11h14v2H5z',
  help: 'M11 17h2v2h-2zm1-13a4.500 4.500 0 0 0-4.500 4.500h2A2.500 2.500 0 1 1 13.600 10c-1.600 1-2.600 2-2.600 4v1h2v-.600c0-1 .600-1.700 1.700-2.500A4.500 4.500 0 0 0 12 4z',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill-rule="evenodd" />
    </svg>
  );
}
