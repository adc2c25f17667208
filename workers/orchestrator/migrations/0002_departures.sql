CREATE TABLE `departure` (
	`group_id` text NOT NULL,
	`user_id` text NOT NULL,
	PRIMARY KEY(`user_id`, `group_id`)
);
--> statement-breakpoint
CREATE TRIGGER `member_departs` AFTER DELETE ON `member` BEGIN
	INSERT OR IGNORE INTO `departure` (`group_id`, `user_id`)
	SELECT `group_member`.`group_id`, OLD.`user_id` FROM `group_member`
	INNER JOIN `groups` ON `groups`.`id` = `group_member`.`group_id`
	WHERE `group_member`.`user_id` = OLD.`user_id` AND `groups`.`org_id` = OLD.`organization_id`;
END;
