import { type FormEvent, useState } from "react";
import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Check } from "#web/ui/check.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { Banner, Failure, Loading } from "#web/ui/notice.tsx";
import { SelectField } from "#web/ui/select-field.tsx";
import styles from "./admin-page.module.css";
import { type ListedUser, useChangeUser, useUser } from "./use-users.ts";

type User = Schemas["User"];

const tiers = ["free", "pro", "team"] as const satisfies User["tier"][];

const uses = ["messages", "verifications", "uploads"] as const satisfies (keyof Schemas["OwnQuotas"])[];

/** Returns the person's own quotas with other maxima of a day; those of a month stay. */
function limitsWith({ limits }: User, aDay: readonly string[]): Schemas["OwnQuotas"] {
	const changed = uses.map((use, at) => {
		const { day: _, ...month } = limits?.[use] ?? {};
		return [use, { ...month, ...(aDay[at] && { day: Number(aDay[at]) }) }];
	});
	return Object.fromEntries(changed);
}

/** Moves a person to another tier, gives them quotas of their own, or lets them sign in no more. */
export function ChangeUser({ listed, onClose }: { listed: ListedUser; onClose(): void }) {
	const { data, error, refetch } = useUser(listed.sub);
	return (
		<Dialog title={listed.email ?? listed.sub} isOpen onClose={onClose}>
			{error && !data ? (
				<Failure error={error} onRetry={() => refetch()} />
			) : data ? (
				<UserForm user={data} onClose={onClose} />
			) : (
				<Loading />
			)}
		</Dialog>
	);
}

function UserForm({ user, onClose }: { user: User; onClose(): void }) {
	const { t } = useLanguage();
	const changing = useChangeUser(user.sub);
	const [tier, setTier] = useState(user.tier);
	const [disabled, setDisabled] = useState(user.disabled);
	const [aDay, setADay] = useState(() => uses.map((use) => String(user.limits?.[use]?.day ?? "")));

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		const changes = {
			...(tier !== user.tier && { tier }),
			...(disabled !== user.disabled && { disabled }),
			...(uses.some((use, at) => aDay[at] !== String(user.limits?.[use]?.day ?? "")) && {
				limits: limitsWith(user, aDay),
			}),
		};
		if (Object.keys(changes).length === 0) return onClose();
		changing.mutate(changes, { onSuccess: onClose });
	}

	return (
		<form className={styles.form} onSubmit={submit}>
			{changing.error && <Banner tone="danger">{changing.error.message}</Banner>}
			<SelectField
				label={t("usage.tier")}
				value={tier}
				options={tiers.map((each) => [each, t(`usage.tier.${each}`)] as const)}
				onChange={({ target }) => setTier(target.value as User["tier"])}
			/>
			<fieldset className={styles.limits}>
				<legend>{t("admin.limits")}</legend>
				<p className={styles.since}>{t("admin.limits.hint")}</p>
				{uses.map((use, at) => (
					<Field
						key={use}
						label={t(`admin.limits.${use}`)}
						value={aDay[at] ?? ""}
						onChange={(written) => setADay(aDay.with(at, written.trim()))}
						inputMode="numeric"
						pattern="[1-9][0-9]{0,6}"
						autoComplete="off"
					/>
				))}
			</fieldset>
			<Check isSelected={disabled} onChange={setDisabled} hint={t("admin.disabled.hint")}>
				{t("admin.disabled")}
			</Check>
			<div className={styles.actions}>
				<Button onPress={onClose}>{t("action.cancel")}</Button>
				<Button type="submit" look="primary" isPending={changing.isPending}>
					{t("action.save")}
				</Button>
			</div>
		</form>
	);
}
