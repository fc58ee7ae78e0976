// TanStack Virtual alone: as many pictures of the same size as the library has, all of whose addresses are known.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { createElement as h } from "react";
import { createRoot } from "react-dom/client";

const { count, columns, rowHeight } = Object.fromEntries(
	[...new URLSearchParams(location.search)].map(([key, value]) => [key, Number(value)]),
);

function List() {
	const virtualizer = useWindowVirtualizer({
		count: Math.ceil(count / columns),
		estimateSize: () => rowHeight,
		overscan: 4,
	});
	return h(
		"div",
		{ style: { position: "relative", height: virtualizer.getTotalSize() } },
		virtualizer.getVirtualItems().map(({ key, index, start }) =>
			h(
				"div",
				{
					key,
					className: "row",
					style: {
						transform: `translateY(${start}px)`,
						height: rowHeight - 6,
						gridTemplateColumns: `repeat(${columns}, 1fr)`,
					},
				},
				Array.from({ length: columns }, (_, at) =>
					h("img", {
						key: at,
						className: "picture",
						src: `/pictures/${index * columns + at}/thumbnail.webp`,
						alt: "",
						loading: "lazy",
						decoding: "async",
					}),
				),
			),
		),
	);
}

createRoot(document.getElementById("root")).render(h(List));
