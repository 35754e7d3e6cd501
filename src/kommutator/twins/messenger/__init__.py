"""What fake messengers share: conversations and their page, control paths, a courier."""
