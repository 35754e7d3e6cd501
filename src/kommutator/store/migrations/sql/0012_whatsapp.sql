-- Sessions of WhatsApp: keys, states, news for the page that links a phone.
SELECT 1;
