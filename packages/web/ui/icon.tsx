/** Drawn on a grid of 20 with a line of 1.6. */
const paths = {
	search: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM13 13l4 4",
	upload: "M10 13V4M6.5 7.5 10 4l3.5 3.5M4 13v2.5A1.5 1.5 0 0 0 5.500 17h9a1.500 1.500 0 0 0 1.500-1.500V13",
	grid: "M3.500 3.500h5.500v5.500H3.500zM11 3.500h5.500v5.500H11zM3.500 11h5.500v5.500H3.500zM11 11h5.500v5.500H11z",
	chat: "M4 4.500h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H9.500L6 17.500v-3H4a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1Z",
	trash: "M4 5.500h12M8 5.500V3.500h4v2M5.500 5.500l.7 11h7.600l.7-11M8.500 8.500v5M11.500 8.500v5",
	settings:
		"M10 7.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5ZM10 2.500v2M10 15.500v2M2.500 10h2M15.500 10h2M4.700 4.700l1.400 1.400M13.900 13.900l1.400 1.400M15.300 4.700l-1.400 1.400M6.100 13.900l-1.400 1.400",
	close: "M5 5l10 10M15 5 5 15",
	left: "M12 4.500 6.500 10l5.500 5.500",
	right: "M8 4.500l5.500 5.500L8 15.500",
	down: "M4.500 8l5.500 5.500L15.500 8",
	album: "M3.500 6.500h13v10h-13zM5 4h10",
	picture: "M3.500 4.500h13v11h-13zM3.500 13.500l4-4 3.500 3.500 2-2 3.500 3.500M12.500 8h.01",
	edit: "M3.800 16.200l.8-3.500 8.900-8.900 2.700 2.700-8.900 8.900zM11.500 5.800l2.700 2.700",
	copies: "M7.500 7.500h9v9h-9zM4.500 12.500h-1v-9h9v1",
	check: "M4 10.500l4 4 8-9",
	plus: "M10 4v12M4 10h12",
	minus: "M4 10h12",
	info: "M10 2.500a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15ZM10 9v5M10 6v.5",
	download: "M10 3.500V12M6.500 8.500 10 12l3.500-3.500M4 16h12",
	star: "M10 3l2.100 4.500 4.900.600-3.600 3.400.9 4.900L10 14l-4.300 2.400.9-4.900L3 8.100l4.900-.6z",
	tag: "M3.500 3.500h6l7 7-6 6-7-7zM7 7h.01",
	retry: "M16 10a6 6 0 1 1-1.800-4.300M16 3.500v3.500h-3.500",
	text: "M4 5V3.500h12V5M10 3.500v13M7.500 16.500h5",
	share: "M10 12.500V3M6.500 6 10 2.800 13.500 6M5.500 9H4v8h12V9h-1.500",
	send: "M3.500 10h12M10.500 5l5 5-5 5",
	pause: "M7 4.500v11M13 4.500v11",
	stop: "M5 5h10v10H5z",
	play: "M6.500 4l9 6-9 6z",
	alert: "M10 3 2.800 16h14.400zM10 8v4M10 14v.3",
	restore: "M4 10a6 6 0 1 0 1.800-4.300M4 3.500v3.500h3.500",
	help: "M7.500 7.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.500v.7M10 15v.3M10 2.500a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15Z",
	filter: "M3 5h14M6 10h8M8.500 15h3",
	spark: "M10 3v4M10 13v4M3 10h4M13 10h4M5.500 5.500l2 2M12.500 12.500l2 2M14.500 5.500l-2 2M7.500 12.500l-2 2",
} as const;

export type IconName = keyof typeof paths;

/** A picture beside a word, or alone on a button that has a label; never read out. */
export function Icon({ name, size = 20, filled }: { name: IconName; size?: number; filled?: boolean }) {
	return (
		<svg
			width={size}
			height={size}
			viewBox="0 0 20 20"
			fill={filled ? "currentColor" : "none"}
			stroke="currentColor"
			strokeWidth="1.6"
			strokeLinecap="round"
			strokeLinejoin="round"
			aria-hidden="true"
			focusable="false"
		>
			<path d={paths[name]} />
		</svg>
	);
}
