import { useEffect } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Confirm } from "#web/ui/dialog.tsx";
import { useChangeItems } from "./change-items.ts";
import styles from "./selection-bar.module.css";

interface SelectionBarProps {
	ids: ReadonlySet<string>;
	/** The items are in the trash: they are restored, or deleted for good. */
	isTrash: boolean;
	/** The key that removes was pressed. */
	isRemoving: boolean;
	setRemoving(isRemoving: boolean): void;
	onClear(): void;
}

/** The actions for the selected items. */
export function SelectionBar({ ids, isTrash, isRemoving, setRemoving, onClear }: SelectionBarProps) {
	const { t } = useLanguage();
	const { trashing, restoring, removing, marking } = useChangeItems();
	const selected = [...ids];

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
				<Button
					look="quiet"
					icon="star"
					className={styles.inverse}
					onPress={() => {
						marking.mutate({ ids: selected, isFavorite: true });
						onClear();
					}}
				>
					{t("action.favorite")}
				</Button>
			)}
			<Button look="quiet" icon="trash" onPress={() => setRemoving(true)} className={styles.inverse}>
				{t("action.delete")}
			</Button>
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
