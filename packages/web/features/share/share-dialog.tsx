import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { api, bodyOf } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { formatDate } from "#web/ui/format.ts";
import { Banner } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./share-dialog.module.css";

const dayMs = 86_400_000;
/** A link that nobody remembers should not work for ever. */
const validDays = 30;

/** Makes a public page of one item, and takes the item's pages away again. */
export function ShareDialog({ itemId, onClose }: { itemId: string; onClose(): void }) {
	const { t, locale } = useLanguage();
	const client = useQueryClient();
	const [url, setUrl] = useState<string | null>(null);
	const shares = useQuery({
		queryKey: ["shares"],
		queryFn: ({ signal }) => bodyOf(api().GET("/shares", { signal })),
	});
	const refresh = () => client.invalidateQueries({ queryKey: ["shares"] });
	const create = useMutation({
		mutationFn: (password: string) =>
			bodyOf(
				api().POST("/shares", {
					body: {
						item_id: itemId,
						password: password || null,
						expires_at: new Date(Date.now() + validDays * dayMs).toISOString(),
					},
				}),
			),
		onSuccess: (share) => {
			setUrl(share.url);
			return refresh();
		},
	});
	const end = useMutation({
		mutationFn: (id: string) => api().DELETE("/shares/{id}", { params: { path: { id } } }),
		onSuccess: () => toast(t("share.ended")),
		onError: (error) => toast(error.message, { tone: "danger" }),
		onSettled: refresh,
	});
	const own = shares.data?.shares.filter((share) => share.item_id === itemId) ?? [];

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		create.mutate(String(new FormData(event.currentTarget).get("password") ?? ""));
	}

	return (
		<Dialog title={t("share.title")} isOpen onClose={onClose}>
			{create.error && <Banner tone="danger">{create.error.message}</Banner>}
			{url ? (
				<div className={styles.made}>
					<Field label={t("share.link")} value={url} isReadOnly hint={t("share.once")} />
					<Button
						look="primary"
						onPress={() =>
							navigator.clipboard.writeText(url).then(
								() => toast(t("viewer.copied")),
								(error: Error) => toast(error.message, { tone: "danger" }),
							)
						}
					>
						{t("share.copy")}
					</Button>
				</div>
			) : (
				<Form className={styles.form} onSubmit={submit}>
					<p>{t("share.text", { count: validDays })}</p>
					<Field label={t("share.password")} name="password" type="password" autoComplete="new-password" />
					<Button type="submit" look="primary" icon="share" isPending={create.isPending}>
						{t("share.create")}
					</Button>
				</Form>
			)}
			{own.length > 0 && (
				<ul className={styles.list} aria-label={t("share.existing")}>
					{own.map(({ id, created_at, views, has_password }) => (
						<li key={id} className={styles.row}>
							<span>
								{formatDate(created_at, locale)} · {t("share.views", { count: views })}
								{has_password && ` · ${t("share.guarded")}`}
							</span>
							<IconButton icon="trash" label={t("share.end")} onPress={() => end.mutate(id)} />
						</li>
					))}
				</ul>
			)}
		</Dialog>
	);
}
