import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { refreshItems } from "#web/features/library/use-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { toast } from "#web/ui/toasts.ts";

export type Tag = Schemas["Tag"];

const tagsPerPage = 100;

async function fetchTags(signal: AbortSignal): Promise<Tag[]> {
	const all: Tag[] = [];
	for (;;) {
		const query = { limit: tagsPerPage, offset: all.length };
		const { tags, total } = await bodyOf(api().GET("/tags", { params: { query }, signal }));
		all.push(...tags);
		if (tags.length === 0 || all.length >= total) return all;
	}
}

/** All of the person's tags, those of the largest number of items first. */
export const useTags = () =>
	useQuery({ queryKey: ["tags"], staleTime: 60_000, queryFn: ({ signal }) => fetchTags(signal) });

const path = (name: string) => ({ params: { path: { name } } });

/** The changes of tags on all items that have them. */
export function useChangeTags() {
	const { t } = useLanguage();
	const client = useQueryClient();
	const onSettled = async () => {
		void client.invalidateQueries({ queryKey: ["item"] });
		await refreshItems(client);
	};
	const renaming = useMutation({
		mutationFn: ({ former, name }: { former: string; name: string }) =>
			bodyOf(api().PATCH("/tags/{name}", { ...path(former), body: { name } })),
		onSuccess: (tag) => toast(t("tag.renamed", { name: tag.name, count: tag.count })),
		onSettled,
	});
	const removing = useMutation({
		mutationFn: (name: string) => api().DELETE("/tags/{name}", path(name)),
		onSuccess: (_, name) => toast(t("tag.deleted", { name })),
		onError: (error: Error) => toast(error.message, { tone: "danger" }),
		onSettled,
	});
	return { renaming, removing };
}
