import { type FormEvent, useState } from "react";
import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Check } from "#web/ui/check.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Banner, Failure, Loading } from "#web/ui/notice.tsx";
import { SelectField } from "#web/ui/select-field.tsx";
import styles from "./admin-page.module.css";
import { type ListedUser, useChangeUser, useUser } from "./use-users.ts";

type User = Schemas["User"];

const tiers = ["free", "pro", "team"] as const satisfies User["tier"][];

/** Moves a person to another tier, or lets them sign in no more. */
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

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		const changes = {
			...(tier !== user.tier && { tier }),
			...(disabled !== user.disabled && { disabled }),
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
