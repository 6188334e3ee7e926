// A Flight SQL client in Go as Grafana's plugin is one: arrow-go with its defaults, so no message above 4 MiB.
// It asks the gateway whose address is given, and prints what came as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

type told map[string]any

// read takes the one endpoint that Grafana insists on, and returns the rows as JSON values and what the stream weighed.
func read(ctx context.Context, client *flightsql.Client, info *flight.FlightInfo, failed error) ([]any, told, error) {
	if failed != nil {
		return nil, nil, failed
	}
	if len(info.Endpoint) != 1 || len(info.Endpoint[0].Location) != 0 {
		return nil, nil, fmt.Errorf("%d endpoints", len(info.Endpoint))
	}
	announced, err := flight.DeserializeSchema(info.Schema, memory.DefaultAllocator)
	if err != nil {
		return nil, nil, err
	}
	stream, err := client.DoGet(ctx, info.Endpoint[0].Ticket)
	if err != nil {
		return nil, nil, err
	}
	defer stream.Release()
	rows, weight := []any{}, told{"bytes": 0, "largest": 0, "rows": 0}
	weight["as announced"], weight["schema"] = stream.Schema().Equal(announced), stream.Schema()
	for stream.Next() {
		batch := stream.RecordBatch()
		weigh(weight, batch)
		if len(rows) < 1000 {
			values, err := batch.MarshalJSON()
			if err == nil {
				err = json.Unmarshal(values, &rows)
			}
			if err != nil {
				return nil, nil, err
			}
		}
	}
	return rows, weight, stream.Err()
}

func weigh(weight told, batch arrow.RecordBatch) {
	size := 0
	for _, column := range batch.Columns() {
		size += int(column.Data().SizeInBytes())
	}
	weight["bytes"] = weight["bytes"].(int) + size
	weight["largest"] = max(weight["largest"].(int), size)
	weight["rows"] = weight["rows"].(int) + int(batch.NumRows())
}

func rows(ctx context.Context, client *flightsql.Client, sql string) any {
	info, err := client.Execute(ctx, sql)
	values, _, err := read(ctx, client, info, err)
	return orFailure(values, err)
}

func orFailure(value any, err error) any {
	if err != nil {
		return []string{status.Code(err).String(), status.Convert(err).Message()}
	}
	return value
}

func weightOf(ctx context.Context, client *flightsql.Client, sql string) any {
	info, err := client.Execute(ctx, sql)
	_, weight, err := read(ctx, client, info, err)
	delete(weight, "schema")
	return orFailure(weight, err)
}

func prepared(ctx context.Context, client *flightsql.Client) any {
	statement, err := client.Prepare(ctx, "SELECT name FROM artists.catalog.labels WHERE id = ?")
	if err != nil {
		return orFailure(nil, err)
	}
	defer statement.Close(ctx)
	answers := []any{}
	for _, id := range []int64{3, 4} {
		statement.SetParameters(oneNumber(id))
		info, err := statement.Execute(ctx)
		values, _, err := read(ctx, client, info, err)
		answers = append(answers, orFailure(values, err))
	}
	return answers
}

func oneNumber(value int64) arrow.RecordBatch {
	builder := array.NewInt64Builder(memory.DefaultAllocator)
	builder.Append(value)
	schema := arrow.NewSchema([]arrow.Field{{Name: "1", Type: arrow.PrimitiveTypes.Int64}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{builder.NewArray()}, 1)
}

// listings asks for all metadata; each answer is compared with the schema that Arrow's own implementations emit.
func listings(ctx context.Context, client *flightsql.Client) told {
	ask := func(reference *arrow.Schema) func(*flight.FlightInfo, error) any {
		return func(info *flight.FlightInfo, err error) any {
			values, weight, err := read(ctx, client, info, err)
			if err == nil && !weight["schema"].(*arrow.Schema).Equal(reference) {
				err = fmt.Errorf("%s is not %s", weight["schema"], reference)
			}
			return orFailure(values, err)
		}
	}
	product, decimal := "catalog", int32(3)
	key := flightsql.TableRef{DBSchema: &product, Table: "labels"}
	references := ask(schema_ref.ImportedExportedKeysAndCrossReference)
	return told{
		"catalogs": ask(schema_ref.Catalogs)(client.GetCatalogs(ctx)),
		"schemas":  ask(schema_ref.DBSchemas)(client.GetDBSchemas(ctx, &flightsql.GetDBSchemasOpts{})),
		"tables":   ask(schema_ref.Tables)(client.GetTables(ctx, &flightsql.GetTablesOpts{})),
		"columns":  ask(schema_ref.TablesWithIncludedSchema)(client.GetTables(ctx, &flightsql.GetTablesOpts{IncludeSchema: true})),
		"keys":     ask(schema_ref.PrimaryKeys)(client.GetPrimaryKeys(ctx, key)),
		"imported": references(client.GetImportedKeys(ctx, key)),
		"exported": references(client.GetExportedKeys(ctx, key)),
		"crossed":  references(client.GetCrossReference(ctx, key, key)),
		"kinds":    ask(schema_ref.TableTypes)(client.GetTableTypes(ctx)),
		"types":    ask(schema_ref.XdbcTypeInfo)(client.GetXdbcTypeInfo(ctx, nil)),
		"decimals": ask(schema_ref.XdbcTypeInfo)(client.GetXdbcTypeInfo(ctx, &decimal)),
		"info":     ask(schema_ref.SqlInfo)(client.GetSqlInfo(ctx, nil)),
		"some":     ask(schema_ref.SqlInfo)(client.GetSqlInfo(ctx, []flightsql.SqlInfo{8, 0, 9999})),
	}
}

func run(address string) (told, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	client, err := flightsql.NewClient(address, nil, nil, plain)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	_, wrong := client.Client.AuthenticateBasicToken(ctx, "ann", "wrong")
	inside, err := client.Client.AuthenticateBasicToken(ctx, "ann", "s3cret")
	if err != nil {
		return nil, err
	}
	sent, _ := metadata.FromOutgoingContext(inside)
	token := metadata.AppendToOutgoingContext(ctx, "authorization", sent.Get("authorization")[0])
	return told{
		"listings":       listings(inside, client),
		"health":         rows(inside, client, "select 1"),
		"with token":     rows(token, client, "SELECT 2 AS two"),
		"wrong password": orFailure(nil, wrong),
		"no token":       rows(ctx, client, "SELECT 1"),
		"series":         rows(inside, client, "SELECT day::TIMESTAMP AS time, SUM(artist_id) AS value FROM play.events.plays GROUP BY day ORDER BY time"),
		"long":           weightOf(inside, client, "SELECT i, i * 2 AS j FROM range(400000) t(i)"),
		"wide":           weightOf(inside, client, "SELECT repeat('x', 3000) AS wide FROM range(5000)"),
		"single":         weightOf(inside, client, "SELECT string_agg(repeat('x', 10000), '') AS huge FROM range(500)"),
		"bound":          prepared(inside, client),
		"late":           rows(inside, client, "SELECT CAST(name AS INTEGER) FROM artists.catalog.labels"),
		"delete":         rows(inside, client, "DELETE FROM artists.catalog.labels"),
		"unknown":        rows(inside, client, "SELECT * FROM artists.catalog.lables"),
	}, nil
}

func main() {
	answer, err := run(os.Args[1])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
