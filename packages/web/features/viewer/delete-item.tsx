import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Item } from "#web/app/api.ts";
import { refreshItems } from "#web/features/library/use-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Confirm } from "#web/ui/dialog.tsx";
import { toast } from "#web/ui/toasts.ts";

interface DeleteItemProps {
	item: Item;
	isOpen: boolean;
	onClose(): void;
	onDeleted(): void;
}

export function DeleteItem({ item, isOpen, onClose, onDeleted }: DeleteItemProps) {
	const { t } = useLanguage();
	const client = useQueryClient();
	const remove = useMutation({
		mutationFn: () => api().DELETE("/items/{id}", { params: { path: { id: item.id } } }),
		onSuccess: () => {
			toast(t("library.deleted", { count: 1 }));
			onDeleted();
			void client.invalidateQueries({ queryKey: ["search"] });
			return refreshItems(client);
		},
		onError: (error) => toast(error.message, { tone: "danger" }),
		onSettled: onClose,
	});
	return (
		<Confirm
			title={t("delete.title", { count: 1 })}
			isOpen={isOpen}
			action={t("action.delete")}
			isPending={remove.isPending}
			onConfirm={() => remove.mutate()}
			onClose={onClose}
		>
			<p>{t("delete.text")}</p>
		</Confirm>
	);
}
