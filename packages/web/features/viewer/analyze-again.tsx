import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Item } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { toast } from "#web/ui/toasts.ts";

/** Has the item described anew; the former versions are kept. */
export function AnalyzeAgain({ item }: { item: Item }) {
	const { t } = useLanguage();
	const client = useQueryClient();
	const analyze = useMutation({
		mutationFn: () =>
			api().POST("/items/{id}/analyze", { params: { path: { id: item.id } }, body: { force_reanalyze: true } }),
		onSuccess: ({ response }) => {
			toast(response.status === 202 ? t("viewer.analyzeQueued") : t("viewer.analyzed"));
			return client.invalidateQueries({ queryKey: ["item", item.id] });
		},
		onError: (error) => toast(error.message, { tone: "danger" }),
	});
	return (
		<Button icon="retry" isPending={analyze.isPending} onPress={() => analyze.mutate()}>
			{t("viewer.analyzeAgain")}
		</Button>
	);
}
