import { useEffect, useState } from "react";
import type { Schemas } from "#web/app/api.ts";
import { AlbumActions } from "#web/features/albums/album-actions.tsx";
import { AlbumPicker } from "#web/features/albums/album-picker.tsx";
import { TagItems } from "#web/features/tags/tag-items.tsx";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { classes } from "#web/ui/classes.ts";
import { Confirm } from "#web/ui/dialog.tsx";
import { useChangeItems } from "./change-items.ts";
import styles from "./selection-bar.module.css";

interface SelectionBarProps {
	ids: ReadonlySet<string>;
	/** The album whose order the list has. */
	album: Schemas["Album"] | undefined;
	/** Where the selected items stand in the list. */
	places: readonly { id: string; index: number }[];
	/** The items are in the trash: they are restored, or deleted for good. */
	isTrash: boolean;
	/** The key that removes was pressed. */
	isRemoving: boolean;
	setRemoving(isRemoving: boolean): void;
	onClear(): void;
}

/** The actions for the selected items. */
export function SelectionBar({ ids, album, places, isTrash, isRemoving, setRemoving, onClear }: SelectionBarProps) {
	const { t } = useLanguage();
	const { trashing, restoring, removing, marking } = useChangeItems();
	const [isOpen, setOpen] = useState<"album" | "tags" | null>(null);
	const selected = [...ids];
	const action = classes(styles.inverse, styles.action);
	const close = () => setOpen(null);

	// The trash can be undone, so that it asks nothing.
	useEffect(() => {
		if (!isRemoving || isTrash) return;
		setRemoving(false);
		trashing.mutate([...ids]);
		onClear();
	}, [isRemoving, isTrash, ids, onClear, setRemoving, trashing]);

	return (
		<div className={styles.bar} role="toolbar" aria-label={t("selection.label")}>
			<IconButton icon="close" label={t("selection.clear")} onPress={onClear} className={styles.inverse} />
			<p className={styles.count} role="status">
				{t("selection.count", { count: ids.size })}
			</p>
			{isTrash ? (
				<Button
					look="quiet"
					icon="restore"
					className={styles.inverse}
					onPress={() => {
						restoring.mutate(selected);
						onClear();
					}}
				>
					{t("action.restore")}
				</Button>
			) : (
				<>
					{album && <AlbumActions album={album} selected={places} onDone={onClear} className={action} />}
					<Button look="quiet" icon="album" className={action} onPress={() => setOpen("album")}>
						{t("action.album")}
					</Button>
					<Button look="quiet" icon="tag" className={action} onPress={() => setOpen("tags")}>
						{t("action.tag")}
					</Button>
					<Button
						look="quiet"
						icon="star"
						className={action}
						onPress={() => {
							marking.mutate({ ids: selected, isFavorite: true });
							onClear();
						}}
					>
						{t("action.favorite")}
					</Button>
				</>
			)}
			<Button look="quiet" icon="trash" onPress={() => setRemoving(true)} className={action}>
				{t("action.delete")}
			</Button>
			{isOpen === "album" && <AlbumPicker ids={selected} onAdded={onClear} onClose={close} />}
			{isOpen === "tags" && <TagItems ids={selected} onDone={onClear} onClose={close} />}
			<Confirm
				title={t("delete.title", { count: ids.size })}
				isOpen={isRemoving && isTrash}
				action={t("action.delete")}
				isPending={removing.isPending}
				onConfirm={() =>
					removing.mutate(selected, {
						onSettled: () => {
							setRemoving(false);
							onClear();
						},
					})
				}
				onClose={() => setRemoving(false)}
			>
				<p>{t("delete.text")}</p>
			</Confirm>
		</div>
	);
}
