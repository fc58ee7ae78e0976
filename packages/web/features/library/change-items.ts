import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { toast } from "#web/ui/toasts.ts";
import { refreshItems } from "./use-items.ts";

const concurrent = 4;
/** More would become a job. */
const maxBatch = 100;

/** Works on each item, on so many at a time: for what no batch does. */
async function each(ids: Iterable<string>, work: (id: string) => Promise<unknown>): Promise<void> {
	const waiting = [...ids].values();
	await Promise.all(
		Array.from({ length: concurrent }, async () => {
			for (const id of waiting) await work(id);
		}),
	);
}

const path = (id: string) => ({ params: { path: { id } } });

const trash = (ids: readonly string[]) => each(ids, (id) => api().POST("/items/{id}/trash", path(id)));
const restore = (ids: readonly string[]) => each(ids, (id) => api().POST("/items/{id}/restore", path(id)));

/** Does one thing to all items. @throws with the reason of the first that failed */
async function batch(ids: readonly string[], action: "favorite" | "unfavorite" | "delete"): Promise<void> {
	const failures: Schemas["FailedItem"][] = [];
	for (let at = 0; at < ids.length; at += maxBatch) {
		const body = { ids: ids.slice(at, at + maxBatch), action };
		const result = (await bodyOf(api().POST("/items/batch", { body }))) as Schemas["BatchResult"];
		failures.push(...result.failed);
	}
	if (failures[0]) throw new Error(failures[0].detail);
}

function refresh(client: QueryClient, ids: readonly string[]) {
	for (const id of ids) void client.invalidateQueries({ queryKey: ["item", id] });
	return refreshItems(client);
}

/** The changes of items, each with its sentence; the trash can be undone. */
export function useChangeItems() {
	const { t } = useLanguage();
	const client = useQueryClient();
	const onError = (error: Error) => toast(error.message, { tone: "danger" });
	const onSettled = (_data: unknown, _error: unknown, ids: readonly string[]) => refresh(client, ids);

	const restoring = useMutation({
		mutationFn: restore,
		onSuccess: (_, ids) => toast(t("items.restored", { count: ids.length })),
		onError,
		onSettled,
	});
	const trashing = useMutation({
		mutationFn: trash,
		onSuccess: (_, ids) =>
			toast(t("items.trashed", { count: ids.length }), {
				action: { label: t("action.undo"), run: () => restoring.mutate(ids) },
			}),
		onError,
		onSettled,
	});
	const removing = useMutation({
		mutationFn: (ids: readonly string[]) => batch(ids, "delete"),
		onSuccess: (_, ids) => toast(t("library.deleted", { count: ids.length })),
		onError,
		onSettled,
	});
	const marking = useMutation({
		mutationFn: ({ ids, isFavorite }: { ids: readonly string[]; isFavorite: boolean }) =>
			batch(ids, isFavorite ? "favorite" : "unfavorite"),
		onError,
		onSettled: (_data, _error, { ids }) => refresh(client, ids),
	});
	return { trashing, restoring, removing, marking };
}
