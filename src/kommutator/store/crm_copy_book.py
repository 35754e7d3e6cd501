"""What the phone book is told from a copy of a CRM's cards: two statements of `CrmCopyStore`."""

# Of two cards with one number a contact goes before a company, and the older one has it. By one
# look into the index for all numbers: a plan that looked once for each would be slow without
# statistics, which a copy that has just been filled has not got. The numbers come as a subquery:
# by its statistics PostgreSQL takes rare elements for frequent, and would read the whole copy.
_BEST = """
best AS MATERIALIZED (
    SELECT DISTINCT ON (h.phone) h.phone, h.kind, h.id, h.name, h.responsible_id
      FROM (SELECT e.kind, e.id, e.name, e.responsible_id, unnest(e.phones) AS phone
              FROM crm_entities e
             WHERE e.enterprise = $1 AND e.connection_id = $2 AND NOT e.deleted
               AND e.phones <> '{}' AND e.phones && (SELECT $3::text[])
               AND e.kind IN ('contacts', 'companies')) AS h
     WHERE h.phone = ANY ($3::text[]) AND h.phone ~ '^\\+[0-9]{5,15}$'
     ORDER BY h.phone, h.kind DESC, h.id)"""
_LEADS = """
leads AS MATERIALIZED (
    SELECT DISTINCT ON (o.contact_id) o.contact_id, o.id, o.responsible_id
      FROM (SELECT unnest(l.contact_ids) AS contact_id, l.id, l.responsible_id, l.updated_at
              FROM crm_entities l
             WHERE l.enterprise = $1 AND l.connection_id = $2 AND l.kind = 'leads'
               AND NOT l.deleted AND NOT l.closed
               AND l.contact_ids && ARRAY (SELECT id FROM best WHERE kind = 'contacts')) AS o
     ORDER BY o.contact_id, o.updated_at DESC NULLS LAST, o.id DESC)"""
TELL = f"""
WITH {_BEST}, {_LEADS},
told AS (
    INSERT INTO phone_book AS p (enterprise, phone, connection_id, known, name, customer_id,
                                 links, owner_user, owner_code, crm_at)
    SELECT $1, b.phone, $2, true, nullif(b.name, ''), b.id::text,
           jsonb_strip_nulls(jsonb_build_object(
               'customerLink', $5::text || '/' || b.kind || '/detail/' || b.id,
               'lastOrderLink', $5::text || '/leads/detail/' || l.id)),
           (CASE WHEN $4 = 'lead' THEN coalesce(l.responsible_id, b.responsible_id)
                 ELSE b.responsible_id END)::text, NULL, clock_timestamp()
      FROM best b LEFT JOIN leads l ON b.kind = 'contacts' AND l.contact_id = b.id
     ORDER BY b.phone
    ON CONFLICT (enterprise, phone) DO UPDATE SET
        connection_id = excluded.connection_id, known = true, name = excluded.name,
        customer_id = excluded.customer_id, links = excluded.links,
        owner_user = excluded.owner_user, owner_code = NULL, crm_at = excluded.crm_at,
        wanted_at = CASE WHEN p.wanted_at > $6 THEN p.wanted_at END, ask_after = NULL
    RETURNING p.phone, p.name)
SELECT phone, name FROM told"""
UNTELL = f"""
WITH {_BEST}
UPDATE phone_book p SET known = false, name = NULL, customer_id = NULL, links = '{{}}',
       owner_user = NULL, owner_code = NULL, crm_at = clock_timestamp(),
       wanted_at = CASE WHEN p.wanted_at > $4 THEN p.wanted_at END
 WHERE p.enterprise = $1 AND p.connection_id = $2 AND p.known AND p.phone = ANY ($3::text[])
   AND NOT EXISTS (SELECT FROM best b WHERE b.phone = p.phone)"""
