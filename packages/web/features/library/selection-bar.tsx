import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Confirm } from "#web/ui/dialog.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./selection-bar.module.css";
import { refreshItems } from "./use-items.ts";

interface SelectionBarProps {
	ids: ReadonlySet<string>;
	isDeleting: boolean;
	setDeleting(isDeleting: boolean): void;
	onClear(): void;
}

/** The actions for the selected items. */
export function SelectionBar({ ids, isDeleting, setDeleting, onClear }: SelectionBarProps) {
	const { t } = useLanguage();
	const client = useQueryClient();
	const remove = useMutation({
		mutationFn: async () => {
			for (const id of ids) await api().DELETE("/items/{id}", { params: { path: { id } } });
		},
		onSuccess: () => {
			toast(t("library.deleted", { count: ids.size }));
			onClear();
		},
		onError: (error) => toast(error.message, { tone: "danger" }),
		onSettled: () => {
			setDeleting(false);
			return refreshItems(client);
		},
	});
	return (
		<div className={styles.bar} role="toolbar" aria-label={t("selection.label")}>
			<IconButton icon="close" label={t("selection.clear")} onPress={onClear} className={styles.inverse} />
			<p className={styles.count} role="status">
				{t("selection.count", { count: ids.size })}
			</p>
			<Button look="quiet" icon="trash" onPress={() => setDeleting(true)} className={styles.inverse}>
				{t("action.delete")}
			</Button>
			<Confirm
				title={t("delete.title", { count: ids.size })}
				isOpen={isDeleting}
				action={t("action.delete")}
				isPending={remove.isPending}
				onConfirm={() => remove.mutate()}
				onClose={() => setDeleting(false)}
			>
				<p>{t("delete.text")}</p>
			</Confirm>
		</div>
	);
}
