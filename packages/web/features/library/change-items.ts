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

export const trash = (ids: readonly string[]) => each(ids, (id) => api().POST("/items/{id}/trash", path(id)));
export const restore = (ids: readonly string[]) => each(ids, (id) => api().POST("/items/{id}/restore", path(id)));

type Batch = { action: "favorite" | "unfavorite" | "delete" } | { action: "tag" | "untag"; tags: string[] };

/** Does one thing to all items. @throws with the reason of the first that failed */
export async function batch(ids: readonly string[], deed: Batch): Promise<void> {
	const failures: Schemas["FailedItem"][] = [];
	for (let at = 0; at < ids.length; at += maxBatch) {
		const body = { ids: ids.slice(at, at + maxBatch), ...deed };
		const result = (await bodyOf(api().POST("/items/batch", { body }))) as Schemas["BatchResult"];
		failures.push(...result.failed);
	}
	if (failures[0]) throw new Error(failures[0].detail);
}

export function refreshChanged(client: QueryClient, ids: readonly string[]) {
	for (const id of ids) void client.invalidateQueries({ queryKey: ["item", id] });
	return refreshItems(client);
}

/** The changes of items, each with its sentence; the trash can be undone. */
export function useChangeItems() {
	const { t } = useLanguage();
	const client = useQueryClient();
	const onError = (error: Error) => toast(error.message, { tone: "danger" });
	const onSettled = (_data: unknown, _error: unknown, ids: readonly string[]) => refreshChanged(client, ids);

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
		mutationFn: (ids: readonly string[]) => batch(ids, { action: "delete" }),
		onSuccess: (_, ids) => toast(t("library.deleted", { count: ids.length })),
		onError,
		onSettled,
	});
	const marking = useMutation({
		mutationFn: ({ ids, isFavorite }: { ids: readonly string[]; isFavorite: boolean }) =>
			batch(ids, { action: isFavorite ? "favorite" : "unfavorite" }),
		onError,
		onSettled: (_data, _error, { ids }) => refreshChanged(client, ids),
	});
	const tagging = useMutation({
		mutationFn: ({ ids, tags }: { ids: readonly string[]; tags: string[] }) => batch(ids, { action: "tag", tags }),
		onSuccess: (_, { ids }) => toast(t("items.tagged", { count: ids.length })),
		onError,
		onSettled: (_data, _error, { ids }) => refreshChanged(client, ids),
	});
	return { trashing, restoring, removing, marking, tagging };
}
