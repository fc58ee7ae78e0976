// A cell of the grid, which is no table.
// biome-ignore-all lint/a11y/useSemanticElements: see above
// biome-ignore-all lint/a11y/useFocusableInteractive: see above
import { useLanguage } from "#web/i18n/i18n.tsx";
import { classes } from "#web/ui/classes.ts";
import { Icon } from "#web/ui/icon.tsx";
import { type GridItem, isSettled } from "./grid-item.ts";
import { placeholderUrl } from "./placeholder.ts";
import styles from "./tile.module.css";
import { useLongPress } from "./use-long-press.ts";

interface TileProps {
	index: number;
	/** Undefined while its page is loaded. */
	item: GridItem | undefined;
	/** The one that the Tab key reaches. */
	isActive: boolean;
	isSelected: boolean;
	/** Something is selected: a click selects, too. */
	isSelecting: boolean;
	onFocus(): void;
	onToggle(shift: boolean): void;
	onOpen(): void;
}

export function Tile({ index, item, isActive, isSelected, isSelecting, onFocus, onToggle, onOpen }: TileProps) {
	const { t } = useLanguage();
	const press = useLongPress(() => onToggle(false));
	if (!item) return <div className={classes(styles.tile, styles.empty)} role="gridcell" />;
	const failed = item.status === "failed";
	const name = item.headline ?? t("library.unnamed");
	const state = failed ? t("status.failed") : isSettled(item) ? null : t(`status.${item.status}`);
	return (
		// The grid handles the keys of its cells.
		// biome-ignore lint/a11y/useKeyWithClickEvents: see above
		<div
			role="gridcell"
			tabIndex={isActive ? 0 : -1}
			data-index={index}
			aria-selected={isSelected}
			aria-label={[name, item.favorite && t("item.favorite"), state].filter(Boolean).join(", ")}
			className={classes(styles.tile, isSelected && styles.selected)}
			style={item.placeholder ? { backgroundImage: `url(${placeholderUrl(item.placeholder)})` } : undefined}
			onFocus={onFocus}
			{...press.handlers}
			onClick={({ shiftKey, ctrlKey, metaKey }) => {
				if (press.consume()) return;
				if (shiftKey || ctrlKey || metaKey || isSelecting) onToggle(shiftKey);
				else onOpen();
			}}
		>
			{item.thumbnailUrl ? (
				<img
					className={styles.picture}
					src={item.thumbnailUrl}
					alt=""
					loading="lazy"
					decoding="async"
					draggable={false}
				/>
			) : (
				<span className={styles.missing}>
					<Icon name={failed ? "alert" : "upload"} />
				</span>
			)}
			<button
				type="button"
				className={styles.check}
				tabIndex={-1}
				aria-label={t("library.select", { name })}
				aria-pressed={isSelected}
				onClick={(event) => {
					event.stopPropagation();
					onToggle(event.shiftKey);
				}}
			>
				<Icon name="check" size={14} />
			</button>
			{item.favorite && (
				<span className={styles.favorite}>
					<Icon name="star" size={14} filled />
				</span>
			)}
			{state ? (
				<span className={classes(styles.state, failed && styles.failed)}>{state}</span>
			) : (
				<span className={styles.caption}>{item.headline}</span>
			)}
		</div>
	);
}
