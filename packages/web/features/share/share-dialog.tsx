import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, bodyOf } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Check } from "#web/ui/check.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { formatDate } from "#web/ui/format.ts";
import { Banner } from "#web/ui/notice.tsx";
import { SelectField } from "#web/ui/select-field.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./share-dialog.module.css";

const dayMs = 86_400_000;
/** Days for which a link works; 0 is for ever. */
const validities = [1, 7, 30, 365, 0];
/** A link that nobody remembers should not work for ever. */
const defaultValidity = 30;

/** The thing to share. */
export type ShareTarget = { item_id: string; album_id?: undefined } | { album_id: string; item_id?: undefined };

interface Terms {
	password: string | null;
	allow_download: boolean;
	expires_at: string | null;
}

/** Makes a public page of an item or an album, and takes its pages away again. */
export function ShareDialog({ target, onClose }: { target: ShareTarget; onClose(): void }) {
	const { t } = useLanguage();
	const client = useQueryClient();
	const [url, setUrl] = useState<string | null>(null);
	const create = useMutation({
		mutationFn: (terms: Terms) => bodyOf(api().POST("/shares", { body: { ...target, ...terms } })),
		onSuccess: (share) => {
			setUrl(share.url);
			return client.invalidateQueries({ queryKey: ["shares"] });
		},
	});

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		const values = new FormData(event.currentTarget);
		const days = Number(values.get("days"));
		create.mutate({
			password: String(values.get("password") ?? "") || null,
			allow_download: values.has("download"),
			expires_at: days > 0 ? new Date(Date.now() + days * dayMs).toISOString() : null,
		});
	}

	return (
		<Dialog title={t("share.title")} isOpen onClose={onClose}>
			{create.error && <Banner tone="danger">{create.error.message}</Banner>}
			{url ? (
				<MadeLink url={url} />
			) : (
				<form className={styles.form} onSubmit={submit}>
					<p>{target.album_id ? t("share.text.album") : t("share.text")}</p>
					<SelectField
						label={t("share.validity")}
						name="days"
						defaultValue={String(defaultValidity)}
						options={validities.map((days) => [
							String(days),
							days > 0 ? t("share.days", { count: days }) : t("share.forever"),
						])}
					/>
					<Field label={t("share.password")} name="password" type="password" autoComplete="new-password" />
					<Check name="download" value="true" hint={t("share.download.hint")}>
						{t("share.download")}
					</Check>
					<Button type="submit" look="primary" icon="share" isPending={create.isPending}>
						{t("share.create")}
					</Button>
				</form>
			)}
			<Existing target={target} />
		</Dialog>
	);
}

function MadeLink({ url }: { url: string }) {
	const { t } = useLanguage();
	return (
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
	);
}

/** The links that there are, each of which can be ended. */
function Existing({ target }: { target: ShareTarget }) {
	const { t, locale } = useLanguage();
	const client = useQueryClient();
	const shares = useQuery({
		queryKey: ["shares"],
		queryFn: ({ signal }) => bodyOf(api().GET("/shares", { signal })),
	});
	const end = useMutation({
		mutationFn: (id: string) => api().DELETE("/shares/{id}", { params: { path: { id } } }),
		onSuccess: () => toast(t("share.ended")),
		onError: (error) => toast(error.message, { tone: "danger" }),
		onSettled: () => client.invalidateQueries({ queryKey: ["shares"] }),
	});
	const own =
		shares.data?.shares.filter(({ item_id, album_id }) =>
			target.album_id ? album_id === target.album_id : item_id === target.item_id,
		) ?? [];
	if (own.length === 0) return null;
	return (
		<section className={styles.existing}>
			<h3 className={styles.title}>{t("share.existing")}</h3>
			<ul className={styles.list}>
				{own.map(({ id, created_at, expires_at, views, has_password, allow_download }) => (
					<li key={id} className={styles.row}>
						<span>
							{[
								expires_at
									? t("share.until", { date: formatDate(expires_at, locale) })
									: t("share.since", { date: formatDate(created_at, locale) }),
								t("share.views", { count: views }),
								has_password && t("share.guarded"),
								allow_download && t("share.downloads"),
							]
								.filter(Boolean)
								.join(" · ")}
						</span>
						<IconButton icon="trash" label={t("share.end")} onPress={() => end.mutate(id)} />
					</li>
				))}
			</ul>
		</section>
	);
}
