import type { Schemas } from "#web/app/api.ts";
import type { Box } from "./marks.ts";
import styles from "./text-layer.module.css";
import type { Size } from "./zoom.ts";

interface TextLayerProps {
	size: Size;
	lines: Schemas["ItemText"]["lines"];
	marks: readonly Box[];
	/** The text can be selected with the pointer. */
	isSelectable: boolean;
}

/** The marked places of a picture, and its text where it stands: unseen, but selected and copied like any text. */
export function TextLayer({ size, lines, marks, isSelectable }: TextLayerProps) {
	const placed = lines.flatMap(({ text, box }) => (box ? [{ text, box }] : []));
	return (
		<svg
			className={styles.layer}
			viewBox={`0 0 ${size.width} ${size.height}`}
			preserveAspectRatio="none"
			aria-hidden="true"
		>
			{marks.map((box) => {
				const { x, y, width, height } = inPixels(box, size);
				const air = height * 0.12;
				return (
					<rect
						key={box.join()}
						className={styles.mark}
						x={x - air}
						y={y - air}
						width={width + 2 * air}
						height={height + 2 * air}
						rx={height * 0.12}
					/>
				);
			})}
			{isSelectable &&
				placed.map(({ text, box }) => {
					const { x, y, width, height } = inPixels(box, size);
					return (
						<text
							key={`${box.join()}${text}`}
							data-text
							className={styles.text}
							x={x}
							y={y + height * 0.8}
							fontSize={height * 0.9}
							textLength={width}
							lengthAdjust="spacingAndGlyphs"
						>
							{text}
						</text>
					);
				})}
		</svg>
	);
}

function inPixels([x = 0, y = 0, width = 0, height = 0]: Box, size: Size) {
	return { x: x * size.width, y: y * size.height, width: width * size.width, height: height * size.height };
}
