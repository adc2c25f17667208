-- Somebody who was in an org twice is in it once: since when they first were, with the highest role of all.
UPDATE `member` SET `role` = CASE
	WHEN EXISTS (SELECT 1 FROM `member` AS `same` WHERE `same`.`user_id` = `member`.`user_id` AND `same`.`organization_id` = `member`.`organization_id` AND ',' || replace(`same`.`role`, ' ', '') || ',' LIKE '%,owner,%') THEN 'owner'
	WHEN EXISTS (SELECT 1 FROM `member` AS `same` WHERE `same`.`user_id` = `member`.`user_id` AND `same`.`organization_id` = `member`.`organization_id` AND ',' || replace(`same`.`role`, ' ', '') || ',' LIKE '%,admin,%') THEN 'admin'
	ELSE 'member' END
WHERE EXISTS (SELECT 1 FROM `member` AS `same` WHERE `same`.`user_id` = `member`.`user_id` AND `same`.`organization_id` = `member`.`organization_id` AND `same`.`id` <> `member`.`id`);
--> statement-breakpoint
-- The trigger of 0002 notes a departure for each; whoever is in the org still is taken off that list before anybody is told.
DELETE FROM `member` WHERE EXISTS (SELECT 1 FROM `member` AS `older` WHERE `older`.`user_id` = `member`.`user_id` AND `older`.`organization_id` = `member`.`organization_id` AND (`older`.`created_at`, `older`.`rowid`) < (`member`.`created_at`, `member`.`rowid`));
--> statement-breakpoint
CREATE UNIQUE INDEX `member_user_organization` ON `member` (`user_id`,`organization_id`);
--> statement-breakpoint
UPDATE `invitation` SET `status` = 'canceled' WHERE `status` = 'pending' AND EXISTS (SELECT 1 FROM `invitation` AS `newer` WHERE `newer`.`status` = 'pending' AND `newer`.`organization_id` = `invitation`.`organization_id` AND `newer`.`email` = `invitation`.`email` AND (`newer`.`expires_at`, `newer`.`rowid`) > (`invitation`.`expires_at`, `invitation`.`rowid`));
--> statement-breakpoint
CREATE UNIQUE INDEX `invitation_pending` ON `invitation` (`organization_id`,`email`) WHERE status = 'pending';
--> statement-breakpoint
-- An org that is deleted, or a user, takes memberships with it: then the row that they refer to is gone already.
CREATE TRIGGER `member_owner_goes` BEFORE DELETE ON `member`
WHEN ',' || replace(OLD.`role`, ' ', '') || ',' LIKE '%,owner,%'
AND NOT EXISTS (SELECT 1 FROM `member` WHERE `organization_id` = OLD.`organization_id` AND `id` <> OLD.`id` AND ',' || replace(`role`, ' ', '') || ',' LIKE '%,owner,%')
AND EXISTS (SELECT 1 FROM `organization` WHERE `id` = OLD.`organization_id`)
AND EXISTS (SELECT 1 FROM `user` WHERE `id` = OLD.`user_id`)
BEGIN
	SELECT RAISE(ABORT, 'an org keeps an owner');
END;
--> statement-breakpoint
CREATE TRIGGER `member_owner_changes` BEFORE UPDATE OF `role` ON `member`
WHEN ',' || replace(OLD.`role`, ' ', '') || ',' LIKE '%,owner,%'
AND ',' || replace(NEW.`role`, ' ', '') || ',' NOT LIKE '%,owner,%'
AND NOT EXISTS (SELECT 1 FROM `member` WHERE `organization_id` = OLD.`organization_id` AND `id` <> OLD.`id` AND ',' || replace(`role`, ' ', '') || ',' LIKE '%,owner,%')
BEGIN
	SELECT RAISE(ABORT, 'an org keeps an owner');
END;
