import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";

type Described = { description?: string | null | undefined };

/**
 * Returns the coordinates of all types, fields, arguments, input fields and enum values without a
 * description.
 */
export function undescribed(schema: GraphQLSchema): string[] {
  const bare: string[] = [];
  const look = (coordinate: string, element: Described) => {
    if (!element.description?.trim()) bare.push(coordinate);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__") || isSpecifiedScalarType(type)) continue;
    look(type.name, type);
    if (isEnumType(type)) {
      for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    }
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
      }
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        const coordinate = `${type.name}.${field.name}`;
        look(coordinate, field);
        for (const argument of field.args) look(`${coordinate}(${argument.name}:)`, argument);
      }
    }
  }
  return bare;
}
